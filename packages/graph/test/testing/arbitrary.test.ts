import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { evaluate } from "../../src/evaluate.ts";
import { check } from "../../src/shape.ts";
import { type Tensor, toF64 } from "../../src/tensor.ts";
import { graphs, models } from "../../src/testing/index.ts";
import { nodesOf, uses } from "../../src/traverse.ts";
import { right } from "../either.ts";
import { fuzz } from "../seed.ts";

const test = suite("testing/arbitrary");

test("random graphs are well-shaped, run, stay finite and moderate", () => {
  fc.assert(
    fc.property(graphs(40), ({ graph, tensors }) => {
      assert.ok(E.isRight(check(graph)));
      for (const t of Object.values(right(evaluate(graph, tensors))))
        assert.ok(toF64(t).every((v) => Math.abs(v) < 1e6));
    }),
    fuzz(50),
  );
});

test("together they have every kind of op, shared nodes and several outputs", () => {
  const sample = fc.sample(graphs(40), { numRuns: 300, seed: 1 });
  const ops = new Set(sample.flatMap(({ graph }) => nodesOf(graph).map((n) => n.op)));
  for (const op of [
    "add",
    "matmul",
    "linear",
    "transpose",
    "gather",
    "concat",
    "sum",
    "max",
    "where",
    "softmax",
  ] as const)
    assert.ok(ops.has(op), op);
  assert.ok(sample.some(({ graph }) => Object.keys(graph).length > 2));
  assert.ok(sample.some(({ graph }) => [...uses(graph).values()].some((n) => n > 2)));
});

test("random models are well-shaped and finite", () => {
  fc.assert(
    fc.property(models, ({ graph, tensors }) => {
      assert.ok(toF64(right(evaluate(graph, tensors)).logits as Tensor).every(Number.isFinite));
    }),
    fuzz(20),
  );
});

test.run();
