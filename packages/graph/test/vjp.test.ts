import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decompose } from "../src/decompose.ts";
import { minus } from "../src/dim.ts";
import { evaluate } from "../src/evaluate.ts";
import { at, type Expr, type Graph } from "../src/expr.ts";
import * as nn from "../src/nn.ts";
import { softmaxRule } from "../src/rules.ts";
import { tokenSeed } from "../src/seeds.ts";
import { check } from "../src/shape.ts";
import { show } from "../src/show.ts";
import type { Tensors } from "../src/sizes.ts";
import * as s from "../src/syntax.ts";
import { f32, i32, type Tensor } from "../src/tensor.ts";
import { close } from "../src/testing/index.ts";
import { nodesOf } from "../src/traverse.ts";
import { type VjpOptions, vjp } from "../src/vjp.ts";
import { left, right } from "./either.ts";

const test = suite("vjp");

const x = s.input("x", ["T", 2]);
const w = s.weight("w", [3, 2]);
const given = { x: f32([2, 2], [1, 2, 3, 4]), w: f32([3, 2], [1, 0, -1, 2, 0.5, 1]) };

const values = (graph: Graph, options: VjpOptions, tensors: Tensors = {}): Tensors =>
  right(evaluate(right(vjp(graph, options)), { ...given, ...tensors }));

const total = (y: Expr): Expr => s.reshape(2, [])(s.sum(-1)(s.sum(-2)(y)));

test("a linear map, as text", () => {
  const y = at("y")(nn.linear(w)(x));
  assert.is(
    show(right(vjp({ y }, { of: ["y"], wrt: ["w", "x"], keep: ["y"] }))),
    `%0 = input x  [T, 2]
%1 = weight w  [3, 2]
%2 = linear %0, %1  [T, 3]  @ y
%3 = input cotangent.y  [T, 3]
%4 = transpose %3, order [-1, -2]  [3, T]
%5 = matmul %4, %0  [3, 2]
%6 = matmul %3, %1  [T, 2]
outputs y: %2, grad.w: %5, grad.x: %6`,
  );
});

test("a scalar needs no cotangent", () => {
  const loss = total(s.mul(x, x));
  const { loss: value, "grad.x": gradient } = values({ loss }, { of: ["loss"], wrt: ["x"], keep: ["loss"] });
  close(value as Tensor, f32([], [30]));
  close(gradient as Tensor, f32([2, 2], [2, 4, 6, 8]));
});

test("a cotangent of one's own may read the graph", () => {
  const y = s.sin(x);
  const half = values({ y }, { of: { y }, wrt: ["x"] });
  const whole = values({ loss: s.mul(0.5, total(s.mul(y, y))) }, { of: ["loss"], wrt: ["x"] });
  close(half["grad.x"] as Tensor, whole["grad.x"] as Tensor);
});

test("a weight that is written twice is one weight", () => {
  const again = s.weight("w", [3, 2]);
  const twice = { loss: s.add(total(s.sin(w)), total(s.mul(3, again))) };
  const once = { loss: s.add(total(s.sin(w)), total(s.mul(3, w))) };
  const options = { of: ["loss"], wrt: ["w"] };
  close(values(twice, options)["grad.w"] as Tensor, values(once, options)["grad.w"] as Tensor);
});

test("several outputs add up, each with its cotangent", () => {
  const graph = { y: s.mul(2, x), z: s.mul(3, x) };
  const one = f32([2, 2], [1, 0, 0, 1]);
  const { "grad.x": sum } = values(graph, { of: ["y", "z"], wrt: ["x"] }, { "cotangent.y": one, "cotangent.z": one });
  close(sum as Tensor, f32([2, 2], [5, 0, 0, 5]));
});

test("sites before and after each other, and the same place twice", () => {
  const a = at("a")(s.mul(2, x));
  const b = at("b")(s.mul(3, a));
  const got = values({ loss: total(s.add(a, b)), same: b }, { of: ["loss"], wrt: ["a", "b", "x"], keep: ["loss"] });
  close(got["grad.b"] as Tensor, f32([2, 2], [1, 1, 1, 1]));
  close(got["grad.a"] as Tensor, f32([2, 2], [4, 4, 4, 4]));
  close(got["grad.x"] as Tensor, f32([2, 2], [8, 8, 8, 8]));
  const own = values({ loss: total(at("here")(x)) }, { of: ["loss"], wrt: ["x", "here"], keep: ["loss"] });
  close(own["grad.here"] as Tensor, own["grad.x"] as Tensor);
});

test("an output by itself", () => {
  const v = f32([2, 2], [1, 2, 3, 4]);
  close(values({ y: x }, { of: ["y"], wrt: ["x"] }, { "cotangent.y": v })["grad.x"] as Tensor, v);
});

test("by what an output does not depend on, or only counts with, the gradient is zero", () => {
  const [place, other] = [s.weight("place", [1]), s.weight("other", [2])];
  const graph = { loss: total(s.mul(s.less(x, 2), s.gather(-2, place)(w))), other };
  const got = values(
    graph,
    { of: ["loss"], wrt: ["x", "place", "other", "w"] },
    { place: f32([1], [2]), other: f32([2], [1, 1]) },
  );
  close(got["grad.x"] as Tensor, f32([2, 2], [0, 0, 0, 0]));
  close(got["grad.place"] as Tensor, f32([1], [0]));
  close(got["grad.other"] as Tensor, f32([2], [0, 0]));
  close(got["grad.w"] as Tensor, f32([3, 2], [0, 0, 0, 0, 1, 0]));
});

test("nothing is built on ways that do not matter", () => {
  const y = s.mul(nn.linear(w)(x), s.exp(s.weight("b", [3])));
  const pulled = right(vjp({ y }, { of: ["y"], wrt: ["b"] }));
  assert.not(nodesOf(pulled).some((n) => n.op === "matmul"));
  const bare = right(vjp({ y: s.freeze(s.exp(x)), z: s.less(x, 1) }, { of: ["y", "z"], wrt: ["x"], frozen: true }));
  assert.is(show(bare), "%0 = constant 0  []\n%1 = broadcast %0, to [T, 2]  [T, 2]\noutputs grad.x: %1");
});

test("freeze passes a gradient on, or holds", () => {
  const loss = total(s.mul(s.freeze(x), s.exp(x)));
  const e = (v: number): number => Math.exp(v);
  const free = [1, 2, 3, 4].map((v) => e(v) + v * e(v));
  const held = [1, 2, 3, 4].map((v) => v * e(v));
  const options = { of: ["loss"], wrt: ["x"] };
  close(values({ loss }, options)["grad.x"] as Tensor, f32([2, 2], free), { rtol: 1e-6 });
  close(values({ loss }, { ...options, frozen: true })["grad.x"] as Tensor, f32([2, 2], held), { rtol: 1e-6 });
});

test("composites off the way, and kept ones, stay as they are", () => {
  const seeded = at("entry")(s.mul(x, 1));
  const y = nn.gated("silu", seeded, seeded);
  const parts = right(decompose({ y }, { seed: tokenSeed("entry"), rule: softmaxRule(0.1) })).graph;
  const kept = right(vjp(parts, { of: ["y"], wrt: ["x"], keep: ["y.parts"] }));
  assert.ok(nodesOf(kept).some((n) => n.op === "split"));
  const through = right(vjp(parts, { of: ["y.parts"], wrt: ["x"], keep: ["y"] }));
  assert.not(nodesOf(through).some((n) => n.op === "split"));
});

const faults: Readonly<Record<string, readonly [Graph, VjpOptions, RegExp]>> = {
  "no such output": [{ y: x }, { of: ["z"], wrt: ["x"] }, /^output z: expected an output .*; it has y$/],
  "no such output to keep": [{ y: x }, { of: ["y"], wrt: ["x"], keep: ["z"] }, /^output z: /],
  "no such leaf or site": [
    { y: at("here")(s.neg(x)) },
    { of: ["y"], wrt: ["v"] },
    /^gradient by v: expected an input, weight or site .*; leaves are x; sites are here$/,
  ],
  "an integer leaf": [
    { y: s.gather(-2, s.input("ids", ["T"], "i32"))(w) },
    { of: ["y"], wrt: ["ids"] },
    /^gradient by ids: expected numbers that vary by little, got an i32 input/,
  ],
  "a name that means two things": [
    { y: at("x")(s.neg(x)) },
    { of: ["y"], wrt: ["x"] },
    /^gradient by x: expected a name of one thing/,
  ],
  "nothing to differentiate": [{ y: x }, { of: [], wrt: ["x"] }, /^of: expected at least one output/],
  "nothing to differentiate by": [{ y: x }, { of: ["y"], wrt: [] }, /^wrt: expected at least one/],
  "an output under a gradient's name": [
    { y: x, "grad.x": x },
    { of: ["y"], wrt: ["x"], keep: ["grad.x"] },
    /^output grad\.x: expected a name used once/,
  ],
  "an input under a cotangent's name": [
    { y: s.add(x, s.input("cotangent.y", ["T", 2])) },
    { of: ["y"], wrt: ["x"] },
    /^input cotangent\.y: expected a name used once/,
  ],
  "a cotangent of another shape": [
    { y: x },
    { of: { y: w }, wrt: ["x"] },
    /^cotangent of y: expected \[T, 2\], got \[3, 2\]$/,
  ],
  "a misshapen graph": [{ y: s.sum(-3)(x) }, { of: ["y"], wrt: ["x"] }, /^sum: expected an axis/],
};

for (const [what, [graph, options, text]] of Object.entries(faults))
  test(`${what} is a fault`, () => assert.match(left(vjp(graph, options)), text));

test("all faults at once", () => assert.is(left(vjp({ y: x }, { of: ["a"], wrt: ["b", "c"] })).split("\n").length, 3));

test("the last of T tokens, also where there is one", () => {
  const pulled = right(vjp({ y: s.slice(-2, minus("T", 1), 1)(x) }, { of: ["y"], wrt: ["x"] }));
  const v = { "cotangent.y": f32([1, 2], [5, 6]) };
  close(right(evaluate(pulled, v, { T: 2 }))["grad.x"] as Tensor, f32([2, 2], [0, 0, 5, 6]));
  close(right(evaluate(pulled, v, { T: 1 }))["grad.x"] as Tensor, f32([1, 2], [5, 6]));
});

test("ids in, a table's gradient out, rows met twice added up", () => {
  const y = nn.embedding(s.weight("table", [4, 1]), s.input("ids", ["T"], "i32"));
  const pulled = right(vjp({ y }, { of: ["y"], wrt: ["table"] }));
  const got = right(evaluate(pulled, { ids: i32([3], [2, 0, 2]), "cotangent.y": f32([3, 1], [1, 10, 100]) }));
  close(got["grad.table"] as Tensor, f32([4, 1], [10, 0, 101, 0]));
  assert.ok(pipe(pulled, check, E.isRight));
});

test.run();
