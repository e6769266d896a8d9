// Which decomposition do the options ask for? A seed at a layer of this model, and a rule.
import { type Fault, type Rule, type Seed, softmaxRule, tokenSeed } from "@depass/graph";
import { type Model, site } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { usage } from "./outcome.ts";

export type MethodOptions = {
  readonly layer: number;
  readonly temperature: number;
  readonly special: "ignore" | "keep";
};

export type Method = { readonly seed: Seed; readonly rule: Rule };

export const ruleOf = ({ temperature, special }: MethodOptions): Rule => {
  const rule = softmaxRule(temperature, special);
  return special === "ignore" ? rule : { ...rule, name: `${rule.name}, special token kept` };
};

/** Faults: a layer that the model does not have. */
export const methodOf = (
  options: MethodOptions,
  { architecture: { layers } }: Model,
): E.Either<readonly Fault[], Method> =>
  options.layer < layers
    ? E.right({ seed: tokenSeed(site.residPre(options.layer)), rule: ruleOf(options) })
    : E.left([usage("--layer", `a layer of this model, 0 to ${layers - 1}`, `${options.layer}`)]);
