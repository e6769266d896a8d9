// Whole graphs on ONNX Runtime against the f64 evaluator: every op, random graphs cut anywhere, random models decomposed,
// packed or not, in every tiling that their length has.
import { type Graph, orThrow, pack, simplify } from "@depass/graph";
import { cases, decompositions, graphs } from "@depass/graph/testing";
import fc from "fast-check";
import { suite } from "uvu";
import { open, sameOn } from "./backends.ts";
import { fuzz } from "./seed.ts";

const test = suite("backend");

const backend = await open();

for (const { name, graph, tensors, sizes } of cases) test(name, () => sameOn(backend, graph, tensors, sizes));

test("random graphs, cut anywhere", () =>
  fc.assert(
    fc.asyncProperty(graphs(40), fc.array(fc.nat(40), { maxLength: 4 }), async ({ graph, tensors, sizes }, cuts) => {
      const cutting = await open({ cuts: [...new Set(cuts)].sort((a, b) => a - b) });
      await sameOn(cutting, graph, tensors, sizes, { rtol: 1e-4 });
    }),
    fuzz(60),
  ));

test("decomposed random models, packed and not, cut anywhere", () =>
  fc.assert(
    fc.asyncProperty(
      decompositions,
      fc.boolean(),
      fc.array(fc.nat(200), { maxLength: 4 }),
      async ({ graph, model: { tensors, sizes } }, rows, cuts) => {
        const bare = orThrow(simplify(graph));
        const run: Graph = rows ? orThrow(pack(bare)) : bare;
        const cutting = await open({ cuts: [...new Set(cuts)].sort((a, b) => a - b) });
        await sameOn(cutting, run, tensors, sizes, { rtol: 1e-3, atol: 1e-4 });
      },
    ),
    fuzz(40),
  ));

test.run();
