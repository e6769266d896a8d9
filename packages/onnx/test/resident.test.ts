// Tensors that stay with the CPU backend between runs, and steps of training whose state does.
import { residencyLaws } from "@depass/graph/testing";
import { suite } from "uvu";
import { open } from "./backends.ts";

const test = suite("resident");

const backend = await open();

for (const { name, holds } of residencyLaws) test(name, () => holds(backend));

test.run();
