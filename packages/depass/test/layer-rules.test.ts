// Rules by layer: which layer each is heard in, by what a layer before the parts cannot change; in every family; and what is no choice.
import {
  activate,
  input,
  linear,
  maxRule,
  orThrow,
  reference,
  showFaults,
  softmaxRule,
  taylorRule,
  weight,
} from "@depass/graph";
import type { Model } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AttributeOptions, attribute, load } from "../src/attribute.ts";
import { type LayerRule, ruleByLayer } from "../src/layer-rules.ts";
import { tokenLevel } from "../src/levels.ts";
import type { Attribution } from "../src/result.ts";
import { withFamily } from "./families/checkpoint.ts";
import { configJson } from "./tiny.ts";

const test = suite("rules by layer");

let model: Model;
test.before(async () => {
  model = await load();
});
test.after(() => model.close());

const [softmax, taylor, max] = [softmaxRule(), taylorRule(), maxRule()];

const asked = (on: Model, options: AttributeOptions): Promise<Attribution> =>
  attribute(on, on === model ? "The capital of Gerland is" : "on the Paris", {
    backend: reference,
    mode: "forward",
    ...options,
  });

const apart = (a: Attribution, b: Attribution): number =>
  Math.max(...a.parts.map(({ score }, i) => Math.abs(score - (b.parts[i]?.score as number))));

/** Parts that begin at a layer do not hear the rules before it, and hear those from there on. */
const heard = async (on: Model, first: number): Promise<void> => {
  const { architecture } = on;
  const last = architecture.layers - 1;
  const seed = orThrow(tokenLevel(architecture, first));
  const by = (...rules: readonly LayerRule[]) => asked(on, { seed, rule: orThrow(ruleByLayer(architecture, rules)) });
  const all = await asked(on, { seed, rule: taylor });
  const deaf = [
    await by({ rule: softmax }, { rule: taylor, from: first }),
    await by({ rule: taylor }, { rule: softmax, from: 0, to: first - 1 }),
    await by({ rule: taylor, from: first, to: last }, { rule: max, from: 0, to: first - 1 }),
  ];
  for (const one of deaf) assert.is(apart(one, all), 0, one.rule);
  for (const layer of [first, last]) {
    const moved = await by({ rule: taylor }, { rule: softmax, from: layer, to: layer });
    assert.ok(apart(moved, all) > 1e-6, `layer ${layer} of ${last}`);
    assert.ok(moved.gap < 1e-9);
  }
};

test("each layer has its own, as what does not reach a layer shows", () => heard(model, 2));

test("experts: their neurons know their layer, too", async () => {
  const experts = {
    ...{ architectures: ["MixtralForCausalLM"], model_type: "mixtral", num_hidden_layers: 3 },
    ...{ num_local_experts: 4, num_experts_per_tok: 2 },
  };
  await withFamily({ ...configJson(), ...experts }, (mixtral) => heard(mixtral, 1));
});

test("the same rule in all layers is that rule, which has a pass backwards; another in one layer has none", async () => {
  const { architecture } = model;
  for (const rules of [
    [{ rule: taylor }],
    [{ rule: taylor, from: 0 }],
    [
      { rule: taylor, from: 2 },
      { rule: taylor, from: 0, to: 1 },
    ],
    [{ rule: softmax }, { rule: taylor, from: 0, to: 3 }],
  ])
    assert.is(orThrow(ruleByLayer(architecture, rules)), taylor);
  const mixed = orThrow(ruleByLayer(architecture, [{ rule: taylor }, { rule: softmax, from: 3 }]));
  assert.is(mixed.name, "taylor; softmax 0.1 in layer 3");
  assert.is((await asked(model, { rule: mixed, mode: "auto" })).mode, "forward");
  assert.is((await asked(model, { rule: taylor, mode: "auto" })).mode, "adjoint");
});

const wrong: readonly (readonly [rules: readonly LayerRule[], message: RegExp])[] = [
  [[], /a rule without layers for all others, or one for each, got none for layer 0/],
  [[{ rule: taylor, from: 0, to: 2 }], /got none for layer 3/],
  [[{ rule: softmax }, { rule: taylor, from: 2, to: 4 }], /layers of this model, 0 to 3, .*got layers 2-4/],
  [[{ rule: softmax }, { rule: taylor, from: 4 }], /0 to 3, the first before the last, got layer 4/],
  [[{ rule: softmax }, { rule: taylor, from: 2, to: 1 }], /the first before the last, got layers 2-1/],
  [[{ rule: softmax }, { rule: taylor, from: -1, to: 1 }], /got layers -1-1/],
  [[{ rule: softmax }, { rule: taylor, from: 0.5, to: 1 }], /got layers 0.5-1/],
  [
    [
      { rule: taylor, from: 0, to: 2 },
      { rule: max, from: 2 },
    ],
    /one rule for each layer, got taylor and max in layer 2/,
  ],
  [[{ rule: max }, { rule: softmax }], /at most one rule without layers, got max and softmax 0.1/],
];

test("layers that there are not, with two rules or with none", () => {
  for (const [rules, message] of wrong) {
    const found = ruleByLayer(model.architecture, rules);
    assert.match(E.isLeft(found) ? showFaults(found.left) : "none", message);
  }
});

test("neurons that do not say their layer cannot have a rule by it", () => {
  const { architecture } = model;
  const nameless = { ...architecture, normed: linear(weight("w", [16, 16]))(activate("silu")(input("x", ["T", 16]))) };
  const found = ruleByLayer(nameless, [{ rule: softmax }, { rule: taylor, from: 1 }]);
  assert.match(E.isLeft(found) ? showFaults(found.left) : "none", /layers\.N\.…, got activate at no site/);
  assert.ok(E.isRight(ruleByLayer(nameless, [{ rule: softmax }])));
});

test.run();
