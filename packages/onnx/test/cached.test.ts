// Models that take their text in pieces, on ONNX Runtime.
import { models, takesPieces } from "@depass/graph/testing";
import fc from "fast-check";
import { suite } from "uvu";
import { open } from "./backends.ts";
import { fuzz } from "./seed.ts";

const test = suite("cached");
const backend = await open();

test("random models in two pieces", () =>
  fc.assert(
    fc.asyncProperty(models, fc.nat(5), (model, cut) => takesPieces(backend, model, cut)),
    fuzz(25),
  ));

test.run();
