import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { at } from "../../src/expr.ts";
import { share } from "../../src/passes/share.ts";
import * as s from "../../src/syntax.ts";
import { decompositions, graphs } from "../../src/testing/index.ts";
import { nodesOf } from "../../src/traverse.ts";
import { isIdempotent, sameOutputs } from "../same.ts";
import { fuzz } from "../seed.ts";

const test = suite("share");

test("random graphs and decompositions keep their outputs", () => {
  const any = fc.oneof(
    graphs(),
    decompositions.map(({ graph, model }) => ({ ...model, graph })),
  );
  fc.assert(
    fc.property(any, ({ graph, tensors }) => {
      sameOutputs(share(graph), graph, tensors);
      isIdempotent(share, graph);
      assert.ok(nodesOf(share(graph)).length <= nodesOf(graph).length);
    }),
    fuzz(40),
  );
});

const x = s.input("x", ["T"]);
const count = (...outputs: Parameters<typeof s.concat>[1][]): number =>
  nodesOf(share(Object.fromEntries(outputs.map((y, i) => [`${i}`, y])))).length;

test("equal expressions become one", () => {
  assert.is(count(s.neg(x), s.neg(s.input("x", ["T"]))), 2);
  assert.is(count(s.add(x, 1), s.add(x, 1)), 3);
});

test("different ones stay apart", () => {
  assert.is(count(s.neg(x), at("here")(s.neg(x))), 3);
  assert.is(count(s.sum(-1)(x), s.max(-1)(x)), 3);
  assert.is(count(s.scalar(Number.POSITIVE_INFINITY), s.scalar(Number.NEGATIVE_INFINITY)), 2);
  assert.is(count(s.scalar(Number.NaN), s.scalar(Number.POSITIVE_INFINITY)), 2);
  assert.is(count(s.scalar(0), s.scalar(-0)), 2);
  const one = s.concat(-1, x, at("1")(s.neg(x)));
  assert.is(count(one, at("1 2")(s.concat(-1, x))), 4);
});

test.run();
