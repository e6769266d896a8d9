// Graphs that vjp() writes, on ONNX Runtime against the f64 evaluator: the adjoint of every op, and gradients of random
// models.
import { cases, graphs, losses, models, type Runnable, withGradients } from "@depass/graph/testing";
import fc from "fast-check";
import { suite } from "uvu";
import { open, sameOn } from "./backends.ts";
import { fuzz } from "./seed.ts";

const test = suite("gradients");

const backend = await open();

for (const sample of cases)
  for (const { graph, tensors, sizes } of withGradients(sample))
    test(sample.name, () => sameOn(backend, graph, tensors, sizes));

const random = (what: string, samples: fc.Arbitrary<Runnable>, runs: number): void =>
  test(what, () =>
    fc.assert(
      fc.asyncProperty(samples, async (sample) => {
        for (const { graph, tensors, sizes } of withGradients(sample))
          await sameOn(backend, graph, tensors, sizes, { rtol: 1e-3, atol: 1e-4 });
      }),
      fuzz(runs),
    ),
  );

random("random graphs", graphs(30), 40);
random("random models", models, 20);
random("losses of random models", losses, 12);

test.run();
