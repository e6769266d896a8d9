import { dim, input, less, mul, node, plus, rowCount, where } from "@depass/graph";
import { tensorsFor } from "@depass/graph/testing";
import fc from "fast-check";
import { suite } from "uvu";
import { open, sameOn } from "../backends.ts";
import { fuzz } from "../seed.ts";

const test = suite("wgsl/parts");

const settings = fc.record({
  T: fc.constantFrom(1, 2, 3, 9, 30),
  extras: fc.integer({ min: 1, max: 3 }),
  width: fc.constantFrom(1, 3, 70),
  shares: fc.constantFrom("softmax" as const, "max" as const, "relu" as const, "linear" as const),
  temperature: fc.constantFrom(0.05, 0.1, 1),
  special: fc.constantFrom("ignore" as const, "keep" as const),
  groups: fc.integer({ min: 1, max: 2 }),
  each: fc.integer({ min: 1, max: 3 }),
  /** Gates below this are exactly zero. */
  gap: fc.constantFrom(0, 0.3, 2),
});

for (const backend of await open("parts"))
  test(`packed and dense kernels for any number of tokens and extras (${backend.device})`, () =>
    fc.assert(
      fc.asyncProperty(settings, async ({ T, extras, width, shares, temperature, special, groups, each, gap }) => {
        const tokens = dim("T");
        const [M, R] = [plus(tokens, extras), rowCount(tokens, extras)];
        const p = { tokens, extras };
        const x = input("x", ["T", width]);
        const [gate, rows] = [input("g", [M, "T", width]), input("r", [R, width])];
        const sparse = (y: typeof x) => where(less(mul(y, y), gap * gap), 0, y);
        const queries = input("q", ["T", groups * each, 2]);
        const weights = node("attentionWeights", { scale: 1 }, queries, input("k", ["T", groups, 2]));
        const graph = {
          seed: node("tokenParts", { extras }, x),
          seedRows: node("seedRows", p, x),
          tokenRows: node("tokenRows", p, x),
          added: node("addToPart", { part: plus(tokens, extras - 1), rank: 2 }, gate, x),
          addedRows: node("addToRows", { ...p, part: extras - 1 }, rows, x),
          split: node("split", { shares, temperature, special, remainder: plus(tokens, extras - 1) }, sparse(gate), x),
          splitRows: node("splitRows", { ...p, shares, temperature, special, remainder: extras - 1 }, sparse(rows), x),
          mixed: node("attendRows", p, weights, input("v", [R, groups, 3])),
          dense: node("unpackRows", p, rows),
          at: node("partsAt", p, rows, input("i", [2], "i32")),
        };
        const tensors = {
          ...tensorsFor(graph, { T }),
          i: { dtype: "i32" as const, shape: [2], data: Int32Array.of(0, T - 1) },
        };
        await sameOn(backend, graph, tensors, { T }, { rtol: 2e-5 });
      }),
      fuzz(20),
    ));

test.run();
