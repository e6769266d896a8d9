import { pipe } from "fp-ts/lib/function.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { evaluate } from "../../src/evaluate.ts";
import { at } from "../../src/expr.ts";
import { intervene } from "../../src/passes/intervene.ts";
import { show } from "../../src/show.ts";
import * as s from "../../src/syntax.ts";
import { f32, type Tensor } from "../../src/tensor.ts";
import { close } from "../../src/testing/index.ts";
import { left, right } from "../either.ts";

const test = suite("intervene");

const x = s.input("x", ["T", 2]);
const graph = { y: pipe(s.mul(x, 2), at("doubled"), (d) => s.add(d, x), at("sum"), s.neg) };

test("what reads the site reads another value, which has its name", () => {
  assert.is(
    show(right(intervene({ doubled: (d) => s.mul(d, s.input("keep", ["T", 1])) })(graph))),
    `%0 = input x  [T, 2]
%1 = constant 2  []
%2 = mul %0, %1  [T, 2]
%3 = input keep  [T, 1]
%4 = mul %2, %3  [T, 2]  @ doubled
%5 = add %4, %0  [T, 2]  @ sum
%6 = neg %5  [T, 2]
outputs y: %6`,
  );
});

test("several sites at once; a later one sees what the earlier one made", () => {
  const changed = right(intervene({ doubled: (d) => s.mul(d, 0), sum: (all) => s.add(all, 10) })(graph));
  const { y } = right(evaluate(changed, { x: f32([1, 2], [1, 2]) }));
  close(y as Tensor, f32([1, 2], [-11, -12]));
});

test("an output that is the site itself is changed with it", () => {
  const doubled = at("doubled")(s.mul(x, 2));
  const { kept } = right(evaluate(right(intervene({ doubled: s.neg })({ kept: doubled })), { x: f32([1, 2], [1, 2]) }));
  close(kept as Tensor, f32([1, 2], [-2, -4]));
});

test("a site that is not there, and a value of another shape", () => {
  assert.is(
    left(intervene({ tripled: s.neg })(graph)),
    "tripled: expected a site of the graph, got none; its sites are doubled, sum",
  );
  assert.is(left(intervene({ doubled: s.sum(-1) })(graph)), "doubled: expected [T, 2], got [T, 1]");
});

test.run();
