// Whole graphs on a device against the f64 evaluator: random ones, random models decomposed, packed or not, in tiles or not.
import { type Graph, orThrow, pack, simplify } from "@depass/graph";
import { decompositions, graphs } from "@depass/graph/testing";
import fc from "fast-check";
import { suite } from "uvu";
import { open, sameOn } from "./backends.ts";
import { fuzz } from "./seed.ts";

const test = suite("backend");

const backends = [
  ...(await open("graphs under safe toggles")),
  ...(await open("graphs under fast toggles", { toggles: "fast" })),
];

for (const backend of backends) {
  const on = `(${backend.device}, ${backend.gpu.toggles})`;
  const runs = backend.gpu.toggles === "safe" ? 40 : 10;

  test(`random graphs ${on}`, () =>
    fc.assert(
      fc.asyncProperty(graphs(40), ({ graph, tensors, sizes }) =>
        sameOn(backend, graph, tensors, sizes, { rtol: 2e-5 }),
      ),
      fuzz(runs),
    ));

  test(`decomposed random models, packed and not ${on}`, () =>
    fc.assert(
      fc.asyncProperty(decompositions, fc.boolean(), ({ graph, model: { tensors, sizes } }, rows) => {
        const bare = orThrow(simplify(graph));
        const run: Graph = rows ? orThrow(pack(bare)) : bare;
        return sameOn(backend, run, tensors, sizes, { rtol: 5e-5, atol: 5e-5 });
      }),
      fuzz(runs / 5),
    ));
}

test.run();
