import { suite } from "uvu";
import * as assert from "uvu/assert";
import { evaluate } from "../../src/evaluate.ts";
import { at, type Expr, type Graph } from "../../src/expr.ts";
import { layerNorm, linear, residual } from "../../src/nn.ts";
import { withConstantsTimes } from "../../src/passes/constants.ts";
import * as s from "../../src/syntax.ts";
import { f32, type Tensor } from "../../src/tensor.ts";
import { close } from "../../src/testing/index.ts";
import { vjp } from "../../src/vjp.ts";
import { left, right } from "../either.ts";

const test = suite("constants");

const [T, D] = [2, 3];
const branch = (name: string) => linear({ weight: s.weight(`${name}.w`, [D, D]), bias: s.weight(`${name}.b`, [D]) });
const begin = at("begin")(branch("before")(s.input("x", [T, D])));
const stream = residual(branch("one"), { branch: "one", stream: "middle" })(begin);
const normed = layerNorm(s.weight("gain", [D]), s.weight("shift", [D]), 1e-5)(stream);
const score = s.reshape(2, [])(s.sum(-2)(s.sum(-1)(s.mul(normed, s.input("direction", [D])))));
const graph: Graph = { score };

const numbers = (count: number, step: number): number[] => Array.from({ length: count }, (_, i) => Math.sin(step + i));
const inputs: Readonly<Record<string, Tensor>> = {
  x: f32([T, D], numbers(T * D, 1)),
  direction: f32([D], [1, -2, 0.5]),
  "before.w": f32([D, D], numbers(D * D, 2)),
  "before.b": f32([D], numbers(D, 3)),
  "one.w": f32([D, D], numbers(D * D, 4)),
  "one.b": f32([D], numbers(D, 5)),
  gain: f32([D], numbers(D, 6)),
  shift: f32([D], numbers(D, 7)),
};
const one = at("one constant")(s.scalar(1));

const suppliedFrom = (from: string): Tensor => {
  const scaled = right(withConstantsTimes({ from: [from], to: "score" }, one)(graph));
  close(right(evaluate(scaled, inputs)).score as Tensor, right(evaluate(graph, inputs)).score as Tensor);
  const found = right(vjp(scaled, { of: ["score"], wrt: ["one constant"], keep: ["score"], frozen: true }));
  return right(evaluate(found, inputs))["grad.one constant"] as Tensor;
};

/** What the shift alone adds, summed over tokens. */
const ofShift = [...(inputs.shift as Tensor).data].reduce((sum, v, d) => sum + T * v * ([1, -2, 0.5][d] as number), 0);

test("constants behind a site, and none before it", () => {
  close(suppliedFrom("middle"), f32([], [ofShift]), { rtol: 1e-6 });
  // With the scale of the norm held, the branch's bias adds its centred image.
  const bias = s.broadcast([T, D])(s.weight("one.b", [D]));
  const centred = s.sub(bias, s.div(s.sum(-1)(bias), D));
  const scaled = s.mul(s.mul(centred, scaleOf(stream)), s.weight("gain", [D]));
  const image = s.reshape(2, [])(s.sum(-2)(s.sum(-1)(s.mul(scaled, s.input("direction", [D])))));
  const value = right(evaluate({ image }, inputs)).image as Tensor;
  close(suppliedFrom("begin"), f32([], [(value.data[0] as number) + ofShift]), { rtol: 1e-6 });
});

const scaleOf = (x: Expr): Expr => {
  const centred = s.sub(x, s.div(s.sum(-1)(x), D));
  return s.div(1, s.sqrt(s.add(s.div(s.sum(-1)(s.mul(centred, centred)), D), 1e-5)));
};

test("a graph without constants stays as it is", () => {
  const bare = { score: s.sum(-1)(at("begin")(s.neg(s.input("x", [D])))) };
  assert.is(right(withConstantsTimes({ from: ["begin"], to: "score" }, one)(bare)).score, bare.score);
});

test("faults: no such site, no such output", () => {
  const faults = JSON.stringify(left(withConstantsTimes({ from: ["nowhere"], to: "loss" }, one)(graph)));
  assert.match(faults, /nowhere/);
  assert.match(faults, /loss/);
});

test.run();
