import { attend, attentionWeights, input, rope } from "@depass/graph";
import { tensorsFor } from "@depass/graph/testing";
import fc from "fast-check";
import { suite } from "uvu";
import { open, sameOn } from "../backends.ts";
import { fuzz } from "../seed.ts";

const test = suite("wgsl/attention");

const dims = fc.record({
  T: fc.constantFrom(1, 2, 7, 64, 65),
  groups: fc.integer({ min: 1, max: 3 }),
  each: fc.integer({ min: 1, max: 3 }),
  half: fc.integer({ min: 1, max: 5 }),
  fewer: fc.nat(3),
});

for (const backend of await open("attention"))
  test(`any heads, grouped or not, more keys than queries or not (${backend.device})`, () =>
    fc.assert(
      fc.asyncProperty(dims, async ({ T, groups, each, half, fewer }) => {
        const Q = Math.max(1, T - fewer);
        const k = input("k", ["T", groups, 2 * half]);
        const q = input("q", ["Q", groups * each, 2 * half]);
        const weights = attentionWeights(1.5)(q, k);
        const graph = {
          weights,
          mixed: attend(weights, input("v", ["T", groups, half])),
          parts: attend(weights, input("p", [2, "T", groups, half])),
          turned: rope({ cos: input("c", ["T", half]), sin: input("s", ["T", half]) })(k),
        };
        await sameOn(backend, graph, tensorsFor(graph, { T, Q }), { T, Q });
      }),
      fuzz(20),
    ));

test.run();
