import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkSizes, sizeBounds } from "../src/bounds.ts";
import { minus } from "../src/dim.ts";
import { type Expr, node } from "../src/expr.ts";
import { attentionWeights } from "../src/nn.ts";
import { check } from "../src/shape.ts";
import * as s from "../src/syntax.ts";
import { cases } from "../src/testing/index.ts";
import { right } from "./either.ts";

const test = suite("bounds");

const wrong = (x: Expr, sizes: Readonly<Record<string, number>>): string =>
  checkSizes(sizeBounds({ x }, right(check({ x }))), sizes)
    .map((f) => `${f.where}: ${f.expected}; ${f.got}`)
    .join("\n");

const x = s.input("x", ["T", 3]);

test("every sample keeps its bounds", () => {
  for (const { node: n, sizes } of cases) assert.is(wrong(n, sizes), "");
});

const last = s.slice(-2, minus("T", 3), 3)(x);

test("slices stay inside", () => {
  assert.is(wrong(last, { T: 3 }), "");
  assert.match(wrong(last, { T: 2 }), "slice: start T-3 to be a whole number of at least 0; -1 with T = 2");
  assert.match(wrong(s.slice(-2, 0, 4)(x), { T: 3 }), "the axis behind the slice T-4");
});

test("no empty axes", () => assert.match(wrong(s.iota(minus("T", 1)), { T: 1 }), "iota: a size T-1"));

test("a symbol that nothing binds", () =>
  assert.match(wrong(s.iota("N"), { T: 1 }), "a size that no input gives with T = 1"));

test("no query before the first key", () => {
  const weights = attentionWeights(1)(s.input("q", ["Q", 1, 2]), s.input("k", ["T", 1, 2]));
  assert.is(wrong(weights, { Q: 2, T: 2 }), "");
  assert.match(wrong(weights, { Q: 3, T: 2 }), "keys less queries");
  assert.match(
    wrong(attentionWeights(1)(s.input("q", [3, 1, 2]), s.input("k", [2, 1, 2])), {}),
    "keys less queries -1",
  );
});

test("constants go to a part that is there", () => {
  const added = node("addToPart", { part: minus("T", 2), rank: 1 }, s.input("p", ["M", 3]), s.input("c", [3]));
  assert.is(wrong(added, { T: 4, M: 3 }), "");
  assert.match(wrong(added, { T: 5, M: 3 }), "the places behind part M-1·T+2");
  assert.match(wrong(added, { T: 1, M: 3 }), "part T-2");
});

test.run();
