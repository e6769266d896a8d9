import { pipe } from "fp-ts/lib/function.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { evaluate } from "../../src/evaluate.ts";
import { at, type Expr } from "../../src/expr.ts";
import { layerNorm, linear, residual, rmsNorm } from "../../src/nn.ts";
import { imageAt } from "../../src/passes/image.ts";
import { simplify } from "../../src/passes/simplify.ts";
import * as s from "../../src/syntax.ts";
import { f32, type Tensor } from "../../src/tensor.ts";
import { close } from "../../src/testing/index.ts";
import { left, right } from "../either.ts";

const test = suite("image");

const [T, D] = [2, 3];
const x = s.input("x", [T, D]);
const branch = linear({ weight: s.weight("w", [D, D]), bias: s.weight("b", [D]) });
const stream = residual(branch, { branch: "added", stream: "stream" })(x);
const normed = layerNorm(s.weight("gain", [D]), s.weight("shift", [D]), 1e-5)(stream);
const numbers = (count: number, step: number): number[] => Array.from({ length: count }, (_, i) => Math.sin(step + i));
const inputs = {
  x: f32([T, D], numbers(T * D, 1)),
  w: f32([D, D], numbers(D * D, 2)),
  b: f32([D], numbers(D, 3)),
  gain: f32([D], numbers(D, 4)),
  shift: f32([D], numbers(D, 5)),
};
const valueOf = (y: Expr): Tensor => right(evaluate({ y }, inputs)).y as Tensor;

test("a norm's image is linear: the summands' images sum to the whole without the shift", () => {
  const imageOf = (value: Expr): Expr => right(imageAt("stream", () => value)({ normed })).normed as Expr;
  const added = branch(x);
  const [own, other, whole] = [imageOf(added), imageOf(x), s.sub(normed, s.weight("shift", [D]))];
  close(valueOf(s.add(own, other)), valueOf(whole), { rtol: 1e-12, atol: 1e-12 });
  close(valueOf(imageOf(s.mul(added, 3))), valueOf(s.mul(own, 3)), { rtol: 1e-12, atol: 1e-12 });
});

test("a bias on the way is left out, and simplify takes what is left of it", () => {
  const { y } = right(
    pipe({ y: at("before")(x) }, (g) => imageAt("before", (v) => s.mul(v, 2))({ y: branch(g.y as Expr) })),
  );
  const plain = linear({ weight: s.weight("w", [D, D]) })(s.mul(x, 2));
  close(valueOf(y as Expr), valueOf(plain), { rtol: 1e-12, atol: 1e-12 });
  assert.is((right(simplify({ y: y as Expr })).y as Expr).op, "linear");
});

test("the scale is the whole's", () => {
  const y = rmsNorm(s.weight("gain", [D]), 1e-5)(at("state")(x));
  const image = right(imageAt("state", (v) => s.mul(v, 10))({ y })).y as Expr;
  close(valueOf(image), valueOf(s.mul(y, 10)), { rtol: 1e-12, atol: 1e-12 });
});

test("faults: no such site, an output elsewhere, a node that is not linear, another shape", () => {
  const faults = (site: string, graph: Record<string, Expr>, value = (v: Expr): Expr => v): string =>
    JSON.stringify(left(imageAt(site, value)(graph)));
  assert.match(faults("nowhere", { normed }), /depends on nowhere/);
  assert.match(faults("stream", { normed, x: s.neg(x) }), /output x/);
  assert.match(faults("stream", { y: s.exp(stream) }), /exp/);
  assert.match(
    faults("stream", { normed }, () => s.input("z", [T, 5])),
    /5/,
  );
});

test.run();
