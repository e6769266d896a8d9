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

test("beside a run is what the process takes so far without what it keeps, and scratch of ONNX Runtime", async () => {
  const backend = await open();
  const told = () => g.orThrow(backend.foresee?.(graph, weights, { T }) ?? E.left([])).beside;
  const before = told();
  assert.ok(before > process.memoryUsage.rss());
  const taken = new Uint8Array(2 ** 26).fill(1);
  assert.ok(told() > before + taken.length / 2);
  const large = { y: g.matmul(g.input("x", ["T", 2 ** 12]), g.weight("w", [2 ** 12, 2 ** 12])) };
  const held = g.weightsOf({ w: g.tensor("bf16", [2 ** 12, 2 ** 12], new Uint16Array(2 ** 24)) });
  const then = told();
  const runner = await backend.prepare(large, held)().then(g.orThrow);
  assert.ok(told() < then + 2 ** 25, "weights that are kept are not the process's own");
  runner.dispose();
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
