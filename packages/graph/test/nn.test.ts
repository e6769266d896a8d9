import { suite } from "uvu";
import * as assert from "uvu/assert";
import { showShape } from "../src/dim.ts";
import { evaluate } from "../src/evaluate.ts";
import * as nn from "../src/nn.ts";
import { check } from "../src/shape.ts";
import * as s from "../src/syntax.ts";
import { f32, i32, type Tensor, tensor, toF64 } from "../src/tensor.ts";
import { close } from "../src/testing/index.ts";
import { findSite, sitesOf } from "../src/traverse.ts";
import { vjp } from "../src/vjp.ts";
import { left, right } from "./either.ts";

const test = suite("nn");

const x = s.input("x", ["T", 2]);
const w = (name: string, ...shape: number[]) => s.weight(name, shape);
const given = { x: f32([2, 2], [1, 2, 3, 4]), w: f32([1, 2], [10, 1]), b: f32([1], [0.5]) };
const value = (y: Parameters<typeof evaluate>[0], tensors = {}): Tensor =>
  right(evaluate(y, { ...given, ...tensors })).output as Tensor;

test("a linear map with and without its bias", () => {
  close(value(nn.linear(w("w", 1, 2))(x)), f32([2, 1], [12, 34]));
  close(value(nn.linear({ weight: w("w", 1, 2), bias: w("b", 1) })(x)), f32([2, 1], [12.5, 34.5]));
});

test("the residual step names branch and stream", () => {
  const y = nn.residual((z) => s.neg(z), { branch: "branch", stream: "stream" })(x);
  close(value(y), f32([2, 2], [0, 0, 0, 0]));
  assert.equal(sitesOf({ y }), ["branch", "stream"]);
});

test("gated and ungated MLPs", () => {
  const up = w("w", 1, 2);
  const down = s.constant([2, -1], [2, 1]);
  close(value(nn.mlp({ activation: "relu", up, down, site: "neurons" })(s.neg(x))), f32([2, 2], [0, 0, 0, 0]));
  const gated = nn.gatedMlp({ activation: "relu", gate: up, up, down, site: "neurons" })(x);
  close(value(gated), f32([2, 2], [288, -144, 2312, -1156]));
  assert.is(findSite({ gated }, "neurons")?.op, "gated");
});

test("rotary tables are cos and sin of position times frequency, in f32", () => {
  const { cos, sin } = nn.rotaryTables("T", [1, 0.01], 2);
  const tables = right(evaluate({ cos, sin }, {}, { T: 3 }));
  const angle = (i: number): number => Math.fround(Math.floor(i / 2) * Math.fround([1, 0.01][i % 2] ?? 0));
  for (const [f, table] of [[Math.cos, tables.cos] as const, [Math.sin, tables.sin] as const])
    assert.equal(
      [...toF64(table as Tensor)],
      Array.from({ length: 6 }, (_, i) => 2 * Math.fround(f(angle(i)))),
    );
});

test("cross-entropy is the mean of -log softmax at the targets", () => {
  const targets = s.input("targets", ["T"], "i32");
  const loss = nn.crossEntropy({ tokens: "T", vocabulary: 3, targets })(s.input("logits", ["T", 3]));
  const logits = [0, 1, 2, 1, 1, 1];
  const first = Math.log(1 + Math.E + Math.E ** 2) - 2;
  close(
    value(loss, { logits: f32([2, 3], logits), targets: i32([2], [2, 0]) }),
    tensor("f64", [], Float64Array.of((first + Math.log(3)) / 2)),
  );
  const large = { logits: f32([1, 3], [1e30, 0, -1e30]), targets: i32([1], [0]) };
  close(value(loss, large), f32([], [0]));
  const slope = right(vjp({ loss }, { of: ["loss"], wrt: ["logits"] }));
  close(right(evaluate(slope, large))["grad.logits"] as Tensor, f32([1, 3], [0, 0, 0]));
  assert.match(
    left(evaluate(loss, { logits: f32([1, 3], [0, 0, 0]), targets: i32([1], [3]) })),
    "input targets[0]: expected a whole number below 3 = 3, got 3",
  );
});

test("attention over one token passes its values on", () => {
  const identity = s.constant([1, 0, 0, 1], [2, 2]);
  const y = nn.attention({ tokens: "T", heads: 1, headWidth: 2, q: identity, k: identity, v: identity, o: identity })(
    x,
  );
  close(value(y, { x: f32([1, 2], [5, -7]) }), f32([1, 2], [5, -7]));
});

test("grouped queries, from tokens to logits", () => {
  const q = w("q", 12, 2);
  const kv = w("kv", 6, 2);
  const y = nn.attention({
    tokens: "T",
    heads: 4,
    kvHeads: 2,
    headWidth: 3,
    q,
    k: kv,
    v: kv,
    o: w("o", 2, 12),
    site: "mixed",
  })(x);
  const shapes = right(check({ y, logits: nn.unembed(w("head", 9, 2))(y) }));
  assert.is(showShape(shapes.get(y) ?? []), "[T, 2]");
  assert.equal(
    [...shapes].filter(([n]) => n.site === "mixed").map(([, d]) => showShape(d)),
    ["[T, 4, 3]"],
  );
});

test.run();
