// Rules on random models and on gates that try them: what is given out is what there was, and to whom method.md says.
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decompose } from "../src/decompose.ts";
import { evaluate } from "../src/evaluate.ts";
import { layoutOf, partsName } from "../src/parts.ts";
import {
  linearRule,
  maxRule,
  type Neurons,
  type Rule,
  reluRule,
  ruleBySite,
  softmaxRule,
  taylorRule,
  weightRule,
} from "../src/rules.ts";
import { tokenSeed } from "../src/seeds.ts";
import * as s from "../src/syntax.ts";
import { type Tensor, toF64 } from "../src/tensor.ts";
import { close, models } from "../src/testing/index.ts";
import { right } from "./either.ts";
import { fuzz } from "./seed.ts";
import { total } from "./tensors.ts";

const test = suite("rules");

const squares = weightRule("squares", (g) => s.mul(g, g));
const nobody = weightRule("nobody", (g) => s.mul(g, 0));
const all: readonly Rule[] = [softmaxRule(), maxRule(), reluRule(), linearRule(), taylorRule(), squares, nobody];

for (const rule of all)
  test(`${rule.name}: parts sum to the whole`, () =>
    fc.assert(
      fc.property(models, fc.nat(9), ({ graph, tensors, states }, place) => {
        const seed = tokenSeed(states[place % states.length] as string);
        const values = right(evaluate(right(decompose(graph, { seed, rule })).graph, tensors));
        const tolerance = { rtol: 1e-9, atol: 1e-11, of: "largest" } as const;
        close(total(values[partsName("logits")] as Tensor), values.logits as Tensor, tolerance);
      }),
      fuzz(25),
    ));

/** Shares of one neuron of output 1, at the second of two tokens, by the gate inputs of its parts; the last is the remainder. */
const sharesOf = (rule: Rule, gates: readonly number[]): readonly number[] => {
  const [named, gate] = [gates.length - 1, gates.reduce((a, b) => a + b, 0)];
  const whole: Neurons = {
    gate: s.constant([1, gate], [2, 1]),
    neurons: s.constant([1, 1], [2, 1]),
    secant: s.constant([1, 1 / gate], [2, 1]),
    tokens: 2,
    site: "here",
  };
  const parts = s.constant(
    gates.flatMap((g) => [0, g]),
    [gates.length, 2, 1],
  );
  const split = rule.split(parts, whole, layoutOf(named, false, false));
  return [...toF64(right(evaluate({ split }, {})).split as Tensor)].filter((_, i) => i % 2 === 1);
};

const shared = (rule: Rule, gates: readonly number[], expected: readonly number[]): void =>
  sharesOf(rule, gates).forEach((share, m) => {
    assert.ok(Math.abs(share - (expected[m] as number)) < 1e-12, `${rule.name} ${gates}: ${sharesOf(rule, gates)}`);
  });

test("a rule that keeps the special token says so in its name, which is what a result tells of it", () => {
  const rules = [softmaxRule(0.5, "keep"), maxRule("keep"), reluRule("ignore"), linearRule()];
  assert.equal(
    rules.map(({ name }) => name),
    ["softmax 0.5, special token kept", "max, special token kept", "relu", "linear"],
  );
});

test("who gets what", () => {
  shared(softmaxRule(1), [Math.log(2), Math.log(6), 0], [0.25, 0.75, 0]);
  shared(maxRule(), [-2, -1, 0], [0, 1, 0]);
  shared(maxRule(), [3, 3, 1], [0.5, 0.5, 0]);
  shared(reluRule(), [3, -2, 1], [0.75, 0, 0.25]);
  shared(linearRule(), [4, 1, 2], [0.75, 0, 0.25]);
  shared(linearRule(), [-4, -4, 0], [0.5, 0.5, 0]);
  shared(taylorRule(), [3, -1, 2], [0.75, -0.25, 0.5]);
  shared(squares, [1, -3, 0], [0.1, 0.9, 0]);
});

test("what nobody has a claim to is the remainder's", () => {
  for (const rule of [softmaxRule(), maxRule(), reluRule(), linearRule(), squares])
    shared(rule, [0, 0, 1e-6], [0, 0, 1]);
  shared(reluRule(), [-3, -2, -1], [0, 0, 1]);
  shared(nobody, [3, -2, 1], [0, 0, 1]);
});

test("a rule for each place", () => {
  const rule = ruleBySite("mine", (site) => (site === "here" ? maxRule() : softmaxRule()));
  shared(rule, [1, 2, 0], [0, 1, 0]);
});

test.run();
