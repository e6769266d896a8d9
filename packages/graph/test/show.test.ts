import { pipe } from "fp-ts/lib/function.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decompose } from "../src/decompose.ts";
import { at } from "../src/expr.ts";
import { gatedMlp, linear, residual, rmsNorm } from "../src/nn.ts";
import { simplify } from "../src/passes/simplify.ts";
import { softmaxRule } from "../src/rules.ts";
import { tokenSeed } from "../src/seeds.ts";
import { show } from "../src/show.ts";
import * as s from "../src/syntax.ts";
import { right } from "./either.ts";

const test = suite("show");

const w = (name: string, ...shape: number[]) => s.weight(name, shape);
const model = pipe(
  at("entry")(s.input("x", ["T", 4])),
  residual(
    gatedMlp({
      activation: "silu",
      gate: { weight: w("gate", 6, 4), bias: w("bias", 6) },
      up: w("up", 6, 4),
      down: w("down", 4, 6),
      site: "neurons",
    }),
  ),
  rmsNorm(w("norm", 4), 1e-5),
  linear(w("head", 9, 4)),
);

test("a small model", () => {
  assert.is(
    show(model),
    `%0 = input x  [T, 4]  @ entry
%1 = weight gate  [6, 4]
%2 = linear %0, %1  [T, 6]
%3 = weight bias  [6]
%4 = add %2, %3  [T, 6]
%5 = weight up  [6, 4]
%6 = linear %0, %5  [T, 6]
%7 = gated %4, %6, activation silu  [T, 6]  @ neurons
%8 = weight down  [4, 6]
%9 = linear %7, %8  [T, 4]
%10 = add %0, %9  [T, 4]
%11 = weight norm  [4]
%12 = rmsNorm %10, %11, eps 0.00001  [T, 4]
%13 = weight head  [9, 4]
%14 = linear %12, %13  [T, 9]
outputs output: %14`,
  );
});

test("and its decomposition", () => {
  const { graph } = right(decompose(model, { seed: tokenSeed("entry"), rule: softmaxRule(0.1) }));
  assert.is(
    show(right(simplify(graph))),
    `%0 = input x  [T, 4]  @ entry
%1 = weight gate  [6, 4]
%2 = linear %0, %1  [T, 6]
%3 = weight bias  [6]
%4 = add %2, %3  [T, 6]
%5 = weight up  [6, 4]
%6 = linear %0, %5  [T, 6]
%7 = gated %4, %6, activation silu  [T, 6]  @ neurons
%8 = weight down  [4, 6]
%9 = linear %7, %8  [T, 4]
%10 = add %0, %9  [T, 4]
%11 = rmsScale %10, eps 0.00001  [T, 1]
%12 = freeze %11  [T, 1]
%13 = mul %10, %12  [T, 4]
%14 = weight norm  [4]
%15 = mul %13, %14  [T, 4]
%16 = weight head  [9, 4]
%17 = linear %15, %16  [T, 9]
%18 = tokenParts %0, extras 2  [T+2, T, 4]  @ entry.parts
%19 = linear %18, %1  [T+2, T, 6]
%20 = addToPart %19, %3, part T, rank 2  [T+2, T, 6]
%21 = split %20, %7, shares softmax, temperature 0.1, special ignore, remainder T+1  [T+2, T, 6]  @ neurons.parts
%22 = linear %21, %8  [T+2, T, 4]
%23 = add %18, %22  [T+2, T, 4]
%24 = mul %23, %12  [T+2, T, 4]
%25 = mul %24, %14  [T+2, T, 4]
%26 = linear %25, %16  [T+2, T, 9]
outputs output: %17, output.parts: %26`,
  );
});

test("long constants are cut, faults stand below", () => {
  const text = show(s.sum(-3)(s.constant([1, 2, 3, 4, 5, 6, 7, 8])));
  assert.is(
    text,
    `%0 = constant [1, 2, 3, 4, 5, 6, … 8 in all]
%1 = sum %0, axis -3
outputs output: %1

faults:
sum: expected an axis between -1 and -1, got -3 for [8]`,
  );
});

test.run();
