// Which decomposition do the options ask for? What the parts are, from which layer on, and a rule.
import {
  type Fault,
  linearRule,
  maxRule,
  type Rule,
  reluRule,
  type Special,
  softmaxRule,
  taylorRule,
} from "@depass/graph";
import type { Architecture, Model } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { type Level, levelOf, type RankedLevel } from "../level.ts";
import { attentionLevel, headLevel, mlpLevel, neuronLevel, tokenLevel, topNeuronLevel } from "../levels.ts";
import { spanLevel } from "../spans.ts";
import { usage } from "./outcome.ts";

export type SeedName = "token" | "words" | "sentences" | "attention" | "mlp" | "head" | "neuron";
export type RuleName = "softmax" | "max" | "relu" | "linear" | "taylor";

export type MethodOptions = {
  readonly seed?: SeedName;
  readonly from: number;
  readonly neurons?: readonly number[];
  readonly rule?: RuleName;
  readonly temperature: number;
  readonly special: Special;
};

export type Method = { readonly level: Level; readonly rule: Rule };

const named: Readonly<Record<RuleName, (temperature: number, special: Special | undefined) => Rule>> = {
  softmax: softmaxRule,
  max: (_, special) => maxRule(special),
  relu: (_, special) => reluRule(special),
  linear: (_, special) => linearRule(special),
  taylor: taylorRule,
};

/** The special token is set apart by default where tokens are the parts, and nowhere else. */
export const ruleOf = ({ rule: name = "softmax", temperature, special }: Omit<MethodOptions, "from">): Rule =>
  named[name](temperature, special === "keep" ? "keep" : undefined);

const levelNamed = (
  architecture: Architecture,
  { seed = "token", from, neurons = [] }: MethodOptions,
): E.Either<readonly Fault[], Level> => {
  if (seed === "words" || seed === "sentences") return E.right(spanLevel(seed, from));
  if (seed === "neuron") return E.map(levelOf)(neuronLevel(architecture, from, neurons));
  const levels = { token: tokenLevel, attention: attentionLevel, mlp: mlpLevel, head: headLevel };
  return E.map(levelOf)(levels[seed](architecture, from));
};

/** Faults: a layer or neuron that the model does not have, neurons without their seed. */
export const methodOf = (options: MethodOptions, { architecture }: Model): E.Either<readonly Fault[], Method> => {
  const { from, seed, neurons } = options;
  const { layers } = architecture;
  if (from >= layers) return E.left([usage("--from", `a layer of this model, 0 to ${layers - 1}`, `${from}`)]);
  if (neurons !== undefined && seed !== "neuron")
    return E.left([usage("--neurons", "--seed neuron with it", `--seed ${seed ?? "token"}`)]);
  return pipe(
    levelNamed(architecture, options),
    E.map((level) => ({ level, rule: ruleOf(options) })),
  );
};

/** The same where `top` may ask for the neurons that score most. Faults: those of methodOf(), `top` without neurons to choose. */
export const rankedMethodOf = (
  options: MethodOptions & { readonly top?: number },
  model: Model,
): E.Either<readonly Fault[], Pick<Method, "rule"> & { readonly level: Level | RankedLevel }> => {
  const { top, seed = "token", neurons, from } = options;
  if (top === undefined) return methodOf(options, model);
  if (seed !== "neuron") return E.left([usage("--top", "--seed neuron with it", `--seed ${seed}`)]);
  if (neurons !== undefined) return E.left([usage("--top", "no --neurons with it", "both", "take one of them")]);
  return pipe(
    topNeuronLevel(model.architecture, from, top),
    E.map((level) => ({ level, rule: ruleOf(options) })),
  );
};
