// Graphs that vjp() writes, on a device against the f64 evaluator: the adjoint of every op, and gradients of random models.
import { cases, graphs, losses, models, type Runnable, withGradients } from "@depass/graph/testing";
import fc from "fast-check";
import { suite } from "uvu";
import { open, sameOn } from "./backends.ts";
import { fuzz } from "./seed.ts";

const test = suite("gradients");

for (const backend of await open("gradients")) {
  const on = `(${backend.device})`;
  for (const sample of cases)
    for (const { graph, tensors, sizes } of withGradients(sample))
      test(`${sample.name} ${on}`, () => sameOn(backend, graph, tensors, sizes));
  const random = (what: string, samples: fc.Arbitrary<Runnable>, runs: number): void =>
    test(`${what} ${on}`, () =>
      fc.assert(
        fc.asyncProperty(samples, async (sample) => {
          for (const { graph, tensors, sizes } of withGradients(sample))
            await sameOn(backend, graph, tensors, sizes, { rtol: 1e-3, atol: 1e-4 });
        }),
        fuzz(runs),
      ));
  random("random graphs", graphs(20), 15);
  random("random models", models, 8);
  random("losses of random models", losses, 5);
}

test.run();
