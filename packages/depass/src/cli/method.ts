// Which decomposition do the options ask for? What the parts are, from which layer on, and a rule.
import type { Fault, Rule } from "@depass/graph";
import type { Architecture, Model } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { isRanked, type Level, levelOf, type RankedLevel } from "../level.ts";
import { attentionLevel, headLevel, mlpLevel, neuronLevel, tokenLevel, topNeuronLevel } from "../levels.ts";
import type { EncodedPrompt } from "../prompt.ts";
import { roleSpans } from "../roles.ts";
import { type Cut, spanLevel, spansOf } from "../spans.ts";
import { subspaceLevel } from "../subspaces.ts";
import { drilledSpans } from "./drill.ts";
import { usage } from "./outcome.ts";
import { twiceSaid } from "./own-method.ts";
import { type RuleOptions, ruleOf } from "./rules.ts";

export type SeedName =
  | "token"
  | "words"
  | "sentences"
  | "ranges"
  | "roles"
  | "subspace"
  | "attention"
  | "mlp"
  | "head"
  | "neuron";

export type MethodOptions = RuleOptions & {
  readonly seed?: SeedName;
  readonly from: number;
  readonly neurons?: readonly number[];
  /** `question=0-14`, or without a name; as options.ts reads it. */
  readonly range?: readonly string[];
  /** `3`, `user=words`: as drill.ts reads it. */
  readonly drill?: readonly string[];
};

export type Method = { readonly level: Level; readonly rule: Rule };

const rangeOf = (text: string) => {
  const [, name, start, end] = /^(?:(.+)=)?(\d+)-(\d+)$/s.exec(text) ?? [];
  return { ...(name === undefined ? {} : { name }), start: Number(start), end: Number(end) };
};

const cuts = ["words", "sentences", "ranges", "roles"] as const satisfies readonly SeedName[];
type CutName = (typeof cuts)[number];

const isCut = (seed: SeedName): seed is CutName => cuts.some((cut) => cut === seed);

/** How a prompt is cut, for the levels that cut it. */
const spansFor = (seed: CutName, range: readonly string[]) => {
  const by = (cut: Cut) => (encoding: EncodedPrompt) => spansOf(encoding, cut);
  const spans = { words: by("words"), sentences: by("sentences"), ranges: by(range.map(rangeOf)), roles: roleSpans };
  return spans[seed];
};

const levelNamed = (
  architecture: Architecture,
  { seed = "token", from, neurons = [], range = [], drill = [], own }: MethodOptions,
): E.Either<readonly Fault[], Level> => {
  if (isCut(seed)) return E.right(spanLevel(drilledSpans(spansFor(seed, range), drill), from));
  if (seed === "subspace") return E.map(levelOf)(subspaceLevel(architecture, from, own?.bases ?? []));
  if (seed === "neuron") return E.map(levelOf)(neuronLevel(architecture, from, neurons));
  const levels = { token: tokenLevel, attention: attentionLevel, mlp: mlpLevel, head: headLevel };
  return E.map(levelOf)(levels[seed](architecture, from));
};

const withRule =
  (architecture: Architecture, options: MethodOptions) =>
  <L>(level: L): E.Either<readonly Fault[], { readonly level: L; readonly rule: Rule }> =>
    E.map((rule: Rule) => ({ level, rule }))(ruleOf(architecture, options));

/** Faults: an option of some level's without that level, or the level without it. */
const unmatched = ({ seed = "token", neurons, range, drill, own }: MethodOptions): readonly Fault[] => {
  const level = (wanted: string) => [`--seed ${wanted} with it`, `--seed ${seed}`] as const;
  if (neurons !== undefined && seed !== "neuron") return [usage("--neurons", ...level("neuron"))];
  if (range !== undefined && seed !== "ranges") return [usage("--range", ...level("ranges"))];
  if (own?.bases !== undefined && seed !== "subspace") return [usage("--basis", ...level("subspace"))];
  if (drill !== undefined && !isCut(seed)) return [usage("--drill", ...level(cuts.join(", ")))];
  if (range === undefined && seed === "ranges")
    return [usage("--seed ranges", "--range with it, once for each part", "none")];
  return own?.bases === undefined && seed === "subspace"
    ? [usage("--seed subspace", "--basis FILE with it", "none")]
    : [];
};

/** Faults: a rule of layers, a layer or neuron that the model does not have, neurons without their seed. */
export const methodOf = (options: MethodOptions, { architecture }: Model): E.Either<readonly Fault[], Method> => {
  const { from, own } = options;
  const { layers } = architecture;
  if (from >= layers) return E.left([usage("--from", `a layer of this model, 0 to ${layers - 1}`, `${from}`)]);
  const odd = unmatched(options);
  if (odd.length > 0) return E.left(odd);
  const twice = twiceOf(options);
  if (twice.length > 0) return E.left(twice);
  if (own?.seed !== undefined)
    return isRanked(own.seed)
      ? E.left([usage("--method", "parts that are known before a run", "neurons to be chosen by one")])
      : withRule(architecture, options)(levelOf(own.seed));
  return pipe(levelNamed(architecture, options), E.chain(withRule(architecture, options)));
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
    return twice.length > 0 ? E.left(twice) : withRule(model.architecture, options)(own.seed);
  }
  if (top === undefined) return methodOf(options, model);
  const odd = unmatched(options);
  if (odd.length > 0) return E.left(odd);
  if (seed !== "neuron") return E.left([usage("--top", "--seed neuron with it", `--seed ${seed}`)]);
  if (neurons !== undefined) return E.left([usage("--top", "no --neurons with it", "both", "take one of them")]);
  return pipe(topNeuronLevel(model.architecture, from, top), E.chain(withRule(model.architecture, options)));
};
