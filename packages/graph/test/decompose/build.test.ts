import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decompose } from "../../src/decompose.ts";
import { at, type Expr } from "../../src/expr.ts";
import * as nn from "../../src/nn.ts";
import type { Seed } from "../../src/parts.ts";
import { type Rule, softmaxRule } from "../../src/rules.ts";
import { tokenSeed } from "../../src/seeds.ts";
import * as s from "../../src/syntax.ts";
import { partialSeed } from "../../src/testing/index.ts";
import { left, right } from "../either.ts";

const test = suite("decompose/build");

const rule = softmaxRule();
const x = at("x")(s.input("x", ["T", 2]));
const seedOf = (parts: Seed["parts"]): Seed => ({ name: "own", site: "x", named: 2, tokenLevel: false, parts });
const faults = (graph: Expr, seed: Seed, own: Rule = rule): string => left(decompose(graph, { seed, rule: own }));

test("a seed must give as many parts as it says, of the whole's shape", () => {
  const out = s.neg(x);
  assert.is(
    faults(
      out,
      seedOf((whole) => whole),
    ),
    "seed own: expected named parts [2, T, 2], got [T, 2]",
  );
  const three = seedOf((whole) => s.mul(s.constant([1, 1, 1], [3, 1, 1]), whole));
  assert.is(faults(out, three), "seed own: expected named parts [2, T, 2], got [3, T, 2]");
  assert.match(
    faults(
      out,
      seedOf((whole) => s.sum(-4)(whole)),
    ),
    "sum: expected an axis",
  );
});

test("a site that a seed asks for and is not there", () => {
  assert.is(
    faults(s.neg(x), partialSeed("x", "attention.7")),
    "seed partial at x: expected a site of the graph, got attention.7; the graph has x",
  );
});

test("a rule must give parts of the neurons", () => {
  const out = nn.linear(s.weight("w", [5, 2]))(at("neurons")(nn.activate("relu")(x)));
  const whole: Rule = { name: "whole", split: (_, { neurons }) => neurons };
  assert.match(faults(out, tokenSeed("x"), whole), "parts of activate at neurons: expected [T+1, T, 2], got [T, 2]");
  const wrong: Rule = { name: "wrong", split: (g) => s.sum(-5)(g) };
  assert.match(faults(out, tokenSeed("x"), wrong), "sum at neurons.parts: expected an axis");
});

test("names that are taken", () => {
  const graph = { y: s.neg(x), "y.parts": s.exp(s.freeze(x)) };
  assert.match(left(decompose(graph, { seed: tokenSeed("x"), rule })), "output y.parts: expected a name used once");
});

test("many sites are cut short", () => {
  let y: Expr = x;
  for (let i = 0; i < 20; i++) y = at(`s${i}`)(s.neg(y));
  assert.match(faults(y, tokenSeed("no")), "s10, … (21 in all)");
});

test("the parts of a named place are named after it", () => {
  const { graph } = right(decompose({ y: at("y")(s.neg(x)) }, { seed: tokenSeed("x"), rule }));
  assert.is(graph["y.parts"]?.site, "y.parts");
});

test.run();
