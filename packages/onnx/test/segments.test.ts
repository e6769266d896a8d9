// Where a graph is cut: where the same few values are alive again and again, and else before a segment grows long.
import {
  add,
  check,
  concat,
  type Expr,
  type Graph,
  input,
  matmul,
  mul,
  nodesOf,
  orThrow,
  slice,
  weight,
} from "@depass/graph";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { segmented } from "../src/plan/segments.ts";

const square = weight("w", [8, 8]);

/** A value that grows by a row at each of many places, so that no two of them have as much alive. */
const growing = (places: number): Graph => {
  let x: Expr = input("x", ["T", 8]);
  for (let i = 0; i < places; i++) {
    const wide = matmul(x, square);
    x = concat(-2, slice(-2, 0, 1)(x), add(x, mul(wide, wide)));
  }
  return { x };
};

const sizes = (graph: Graph): readonly number[] =>
  segmented(graph, orThrow(check(graph))).segments.map((s) => nodesOf(s.graph).length);

/** The same, each value computed by way of one much wider than it. */
const swelling = (places: number): Graph => {
  const [up, down] = [weight("up", [8, 64]), weight("down", [64, 8])];
  let x: Expr = input("x", ["T", 8]);
  for (let i = 0; i < places; i++) {
    const wide = matmul(x, up);
    x = concat(-2, slice(-2, 0, 1)(x), add(x, matmul(mul(wide, wide), down)));
  }
  return { x };
};

/** As in training: what is computed on the way there is read on the way back. */
const returning = (places: number): Graph => {
  const seen: Expr[] = [];
  let x: Expr = input("x", ["T", 8]);
  for (let i = 0; i < places; i++) {
    const wide = matmul(x, square);
    x = add(x, mul(wide, wide));
    seen.push(x);
  }
  return { x: seen.reduceRight((back, now) => matmul(mul(back, now), square), x) };
};

test("where little is handed over, segments are short", () => {
  const found = sizes(swelling(160));
  assert.ok(found.length >= 8 && Math.max(...found) < 300, `${found}`);
});

test("where much is, they are as long as may be", () => {
  assert.equal(sizes(returning(160)).length, 1);
});

test("a short graph is one segment, a long one many", () => {
  assert.is(sizes(growing(4)).length, 1);
  const long = sizes(growing(1600));
  assert.ok(long.length > 4 && Math.max(...long) < 1200, `${long}`);
});

test.run();
