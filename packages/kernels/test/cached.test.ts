// Models that take their text in pieces, on a device.
import { models, takesPieces } from "@depass/graph/testing";
import fc from "fast-check";
import { suite } from "uvu";
import { open } from "./backends.ts";
import { fuzz } from "./seed.ts";

const test = suite("cached");
const backends = await open("models in pieces");

for (const backend of backends)
  test(`random models in two pieces (${backend.device})`, () =>
    fc.assert(
      fc.asyncProperty(models, fc.nat(5), (model, cut) => takesPieces(backend, model, cut)),
      fuzz(12),
    ));

test.run();
