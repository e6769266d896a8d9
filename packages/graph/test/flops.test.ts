import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dim } from "../src/dim.ts";
import { type Expr, node } from "../src/expr.ts";
import { flops } from "../src/flops.ts";
import * as nn from "../src/nn.ts";
import * as s from "../src/syntax.ts";
import { cases } from "../src/testing/index.ts";
import { right } from "./either.ts";

const test = suite("flops");

const T = 5;
const count = (y: Expr): number => right(flops({ y }, { T }));
const close = (a: number, b: number): void => assert.ok(Math.abs(a - b) < 1e-9 * b, `${a} ${b}`);
const x = s.input("x", ["T", 4]);

test("products: two per multiplication and addition", () => {
  assert.is(count(s.matmul(s.input("a", ["T", 3]), s.input("b", [3, 7]))), 2 * T * 3 * 7);
  assert.is(count(s.matmul(s.input("a", [2, "T", 3]), s.input("b", [3, 7]))), 2 * 2 * T * 3 * 7);
  assert.is(count(nn.linear(s.weight("w", [6, 4]))(x)), 2 * T * 4 * 6);
});

test("one per element that is computed, none for what moves", () => {
  assert.is(count(s.exp(x)), T * 4);
  assert.is(count(s.add(x, s.input("bias", [4]))), T * 4);
  assert.is(count(s.sum(-1)(x)), T * 4);
  assert.is(count(s.transpose([-1, -2])(x)), 0);
  assert.is(count(s.concat(-1, x, x)), 0);
});

test("a node is counted once, whoever reads it; what follows from sizes alone, never", () => {
  const y = s.exp(x);
  assert.is(count(s.add(y, y)), 2 * T * 4);
  assert.is(count(s.exp(s.iota("T"))), 0);
});

test("composites count as what they mean", () => {
  // max, minus, exp, sum: one per element read; the quotient another.
  assert.is(count(nn.softmax(x)), 5 * T * 4);
  // Squares and their sum, then per row: mean, eps, root, inverse.
  assert.is(count(node("rmsScale", { eps: 1e-5 }, x)), T * (2 * 4 + 4));
});

test("experts: only what a token has chosen", () => {
  const [E, I, D, k] = [8, 3, 4, 2];
  const chosen = s.input("chosen", ["T", k], "i32");
  assert.is(count(node("toExperts", {}, x, s.weight("up", [E, I, D]), chosen)), 2 * T * k * I * D);
  const inner = s.input("inner", ["T", k * I]);
  assert.is(count(node("fromExperts", {}, inner, s.weight("down", [E, D, I]), chosen)), 2 * T * k * I * D);
});

test("rows of causal parts count only where they are", () => {
  const rows = { extras: 1, tokens: dim("T") };
  // Tokens 0 … 4 have 1 … 5 parts. Part m of token t mixes t - m + 1 values; the extra of token t, t + 1.
  const values = 1 + (2 + 1) + (3 + 2 + 1) + (4 + 3 + 2 + 1) + (5 + 4 + 3 + 2 + 1) + (1 + 2 + 3 + 4 + 5);
  const v = node("tokenRows", rows, s.input("v", ["T", 2, 3]));
  assert.is(count(node("attendRows", rows, s.input("weights", [4, "T", "T"]), v)), 2 * values * 4 * 3);
  const sharing = { shares: "softmax", temperature: 0.1, special: "keep" } as const;
  const neurons = s.input("neurons", ["T", 7]);
  const dense = count(node("split", { ...sharing, remainder: T }, s.input("gate", [T + 1, "T", 7]), neurons));
  const gate = node("tokenRows", rows, s.input("gate", ["T", 7]));
  // 20 rows of 6 · 5.
  close(count(node("splitRows", { ...sharing, ...rows, remainder: 0 }, gate, neurons)), (dense * 20) / 30);
});

test("every op has a count", () => {
  for (const { name, graph, sizes } of cases) {
    const found = right(flops(graph, sizes));
    assert.ok(Number.isFinite(found) && found >= 0, name);
  }
});

test.run();
