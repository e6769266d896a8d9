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
import { isRanked, type Level, levelOf, type RankedLevel } from "../level.ts";
import { attentionLevel, headLevel, mlpLevel, neuronLevel, tokenLevel, topNeuronLevel } from "../levels.ts";
import { spanLevel } from "../spans.ts";
import { usage } from "./outcome.ts";
import { type OwnOptions, twiceSaid } from "./own-method.ts";

export type SeedName = "token" | "words" | "sentences" | "ranges" | "attention" | "mlp" | "head" | "neuron";
export type RuleName = "softmax" | "max" | "relu" | "linear" | "taylor";

export type MethodOptions = OwnOptions & {
  readonly seed?: SeedName;
  readonly from: number;
  readonly neurons?: readonly number[];
  /** `question=0-14`, or without a name; as options.ts reads it. */
  readonly range?: readonly string[];
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
export const ruleOf = ({ own, rule: name = "softmax", temperature, special }: Omit<MethodOptions, "from">): Rule =>
  own?.rule ?? named[name](temperature, special === "keep" ? "keep" : undefined);

const rangeOf = (text: string) => {
  const [, name, start, end] = /^(?:(.+)=)?(\d+)-(\d+)$/s.exec(text) ?? [];
  return { ...(name === undefined ? {} : { name }), start: Number(start), end: Number(end) };
};

const levelNamed = (
  architecture: Architecture,
  { seed = "token", from, neurons = [], range = [] }: MethodOptions,
): E.Either<readonly Fault[], Level> => {
  if (seed === "words" || seed === "sentences") return E.right(spanLevel(seed, from));
  if (seed === "ranges") return E.right(spanLevel(range.map(rangeOf), from));
  if (seed === "neuron") return E.map(levelOf)(neuronLevel(architecture, from, neurons));
  const levels = { token: tokenLevel, attention: attentionLevel, mlp: mlpLevel, head: headLevel };
  return E.map(levelOf)(levels[seed](architecture, from));
};

/** Faults: a layer or neuron that the model does not have, neurons without their seed. */
export const methodOf = (options: MethodOptions, { architecture }: Model): E.Either<readonly Fault[], Method> => {
  const { from, seed, neurons, range, own } = options;
  const { layers } = architecture;
  if (from >= layers) return E.left([usage("--from", `a layer of this model, 0 to ${layers - 1}`, `${from}`)]);
  if (neurons !== undefined && seed !== "neuron")
    return E.left([usage("--neurons", "--seed neuron with it", `--seed ${seed ?? "token"}`)]);
  if ((range !== undefined) !== (seed === "ranges"))
    return E.left([
      range === undefined
        ? usage("--seed ranges", "--range with it, once for each part", "none")
        : usage("--range", "--seed ranges with it", `--seed ${seed ?? "token"}`),
    ]);
  const twice = twiceOf(options);
  if (twice.length > 0) return E.left(twice);
  if (own?.seed !== undefined)
    return isRanked(own.seed)
      ? E.left([usage("--method", "parts that are known before a run", "neurons to be chosen by one")])
      : E.right({ level: levelOf(own.seed), rule: ruleOf(options) });
  return pipe(
    levelNamed(architecture, options),
    E.map((level) => ({ level, rule: ruleOf(options) })),
  );
};

/** What options say beside a module that says it, too. */
const twiceOf = (options: MethodOptions & { readonly top?: number }): readonly Fault[] => {
  const { rule = "softmax", seed = "token", from, neurons, top } = options;
  const parts = seed !== "token" || from !== 0 || neurons !== undefined || top !== undefined;
  return twiceSaid(options, { rule: rule !== "softmax", parts });
};

/** The same where `top` may ask for the neurons that score most. Faults: those of methodOf(), `top` without neurons to choose. */
export const rankedMethodOf = (
  options: MethodOptions & { readonly top?: number },
  model: Model,
): E.Either<readonly Fault[], Pick<Method, "rule"> & { readonly level: Level | RankedLevel }> => {
  const { top, seed = "token", neurons, from, own } = options;
  if (own?.seed !== undefined && isRanked(own.seed)) {
    const twice = twiceOf(options);
    return twice.length > 0 ? E.left(twice) : E.right({ level: own.seed, rule: ruleOf(options) });
  }
  if (top === undefined) return methodOf(options, model);
  if (seed !== "neuron") return E.left([usage("--top", "--seed neuron with it", `--seed ${seed}`)]);
  if (neurons !== undefined) return E.left([usage("--top", "no --neurons with it", "both", "take one of them")]);
  return pipe(
    topNeuronLevel(model.architecture, from, top),
    E.map((level) => ({ level, rule: ruleOf(options) })),
  );
};
