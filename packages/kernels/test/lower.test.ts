// Every sample of every op on a device against the f64 evaluator.
import { cases } from "@depass/graph/testing";
import { suite } from "uvu";
import { open, sameOn } from "./backends.ts";

const test = suite("lower");

const backends = [
  ...(await open("ops under safe toggles")),
  ...(await open("ops under fast toggles", { toggles: "fast" })),
];

for (const backend of backends)
  for (const { name, graph, tensors, sizes } of cases)
    test(`${name} (${backend.device}, ${backend.gpu.toggles})`, () => sameOn(backend, graph, tensors, sizes));

test.run();
