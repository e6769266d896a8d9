import { input, max, mul, node, softmax, sum } from "@depass/graph";
import { tensorsFor } from "@depass/graph/testing";
import fc from "fast-check";
import { suite } from "uvu";
import { open, sameOn } from "../backends.ts";
import { fuzz } from "../seed.ts";

const test = suite("wgsl/reduction");

for (const backend of await open("reductions"))
  test(`rows around multiples of the workgroup, along every axis (${backend.device})`, () =>
    fc.assert(
      fc.asyncProperty(fc.constantFrom(1, 2, 63, 64, 65, 128, 200), fc.constantFrom(1, 3, 65), async (width, T) => {
        const x = input("x", [2, "T", width]);
        const graph = {
          sum: sum(-1)(x),
          most: max(-1)(x),
          along: sum(-2)(x),
          top: max(-3)(x),
          rms: node("rmsScale", { eps: 1e-5 }, x),
          layer: node("layerScale", { eps: 1e-5 }, x),
          softmax: softmax(mul(x, 40)),
        };
        await sameOn(backend, graph, tensorsFor(graph, { T }), { T });
      }),
      fuzz(12),
    ));

test.run();
