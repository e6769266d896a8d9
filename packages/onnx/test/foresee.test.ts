// Is what is foreseen what a run is held to?
import * as g from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { foresee } from "../src/run/foresee.ts";
import { open } from "./backends.ts";

const test = suite("foresee");

const graph = { y: g.exp(g.linear(g.weight("w", [3, 5]))(g.input("x", ["T", 5]))) };
const weights = g.weightsOf({ w: g.f32([3, 5], new Float32Array(15)) });
const [T, plenty] = [20, 1e9];

test("a limit of the peak is enough, and one byte less is not: neither to foresee nor to run", async () => {
  const { peak, weights: held, activations } = g.orThrow(foresee(graph, weights, { T }, { budgetBytes: plenty }));
  assert.is(held, 60);
  // The result, and what its exponential is taken of.
  assert.ok(activations >= 4 * 3 * T && activations <= 2 * 4 * 3 * T);
  assert.is(peak, held + activations);
  for (const [memory, fits] of [
    [peak, true],
    [peak - 1, false],
  ] as const) {
    assert.is(E.isRight(foresee(graph, weights, { T }, { budgetBytes: memory })), fits);
    const backend = await open({ memory });
    const runner = await backend.prepare(graph, weights)().then(g.orThrow);
    const ran = await runner.run({ x: g.f32([T, 5], new Float32Array(5 * T)) })();
    assert.is(E.isRight(ran), fits);
    runner.dispose();
  }
});

test("a weight that is only moved takes what it takes laid out anew", () => {
  const turned = { y: g.exp(g.linear(g.transpose([-1, -2])(g.weight("w", [5, 3])))(g.input("x", ["T", 5]))) };
  const stored = g.weightsOf({ w: g.f32([5, 3], new Float32Array(15)) });
  const [a, b] = [
    foresee(graph, weights, { T }, { budgetBytes: plenty }),
    foresee(turned, stored, { T }, { budgetBytes: plenty }),
  ];
  assert.equal(g.orThrow(b), g.orThrow(a));
});

test.run();
