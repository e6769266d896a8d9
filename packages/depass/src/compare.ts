// How much do scores move between rules? One prompt, one question, the same parts under each of them: what stays is worth
// more than what does not.
import {
  type Backend,
  type Faulty,
  linearRule,
  maxRule,
  type Rule,
  reluRule,
  type Seed,
  softmaxRule,
  taylorRule,
} from "@depass/graph";
import type { Model } from "@depass/models";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { CallOptions } from "./backward.ts";
import { explain } from "./explain.ts";
import type { Level } from "./level.ts";
import type { Prompt } from "./prompt.ts";
import { type Attribution, type AttributionJson, toJson } from "./result.ts";

export type Comparison = Pick<Attribution, "hashes" | "call"> & {
  /** One a rule, in the order given; all explain the same. */
  readonly attributions: readonly Attribution[];
  /**
   * Of each rule against the first: the norm of the difference of scores over the norm of the first's, and the share of the
   * pairs of parts that both put in the same order (1: the same ranking, 0.5: none in common).
   */
  readonly moved: readonly { readonly rule: string; readonly distance: number; readonly order: number }[];
};

/** The rules that come along, softmax at three temperatures. */
export const everyRule = (): readonly Rule[] => [
  softmaxRule(0.1),
  softmaxRule(0.01),
  softmaxRule(1),
  maxRule(),
  reluRule(),
  linearRule(),
  taylorRule(),
];

export type ComparisonJson = Omit<Comparison, "attributions"> & { readonly attributions: readonly AttributionJson[] };

/** The plain object that `--json` prints. */
export const comparisonJson = ({ attributions, moved, ...rest }: Comparison): ComparisonJson => ({
  moved,
  attributions: attributions.map(toJson),
  ...rest,
});

const scoresOf = ({ parts }: Attribution): readonly number[] => parts.map((p) => p.score);

const distance = (a: readonly number[], b: readonly number[]): number =>
  Math.hypot(...a.map((x, i) => x - (b[i] as number))) / Math.max(Math.hypot(...a), Number.MIN_VALUE);

/** Pairs that are tied in one of them count half. */
const sameOrder = (a: readonly number[], b: readonly number[]): number => {
  let [same, pairs] = [0, 0];
  for (let i = 0; i < a.length; i++)
    for (let j = 0; j < i; j++) {
      const sign = Math.sign((a[i] as number) - (a[j] as number)) * Math.sign((b[i] as number) - (b[j] as number));
      same += (sign + 1) / 2;
      pairs++;
    }
  return pairs === 0 ? 1 : same / pairs;
};

/** How far the first's scores are moved by each of the others. */
const movedFrom = (attributions: readonly Attribution[]): Comparison["moved"] => {
  const first = scoresOf(attributions[0] as Attribution);
  return attributions.slice(1).map((a) => {
    const scores = scoresOf(a);
    // Bias and remainder stand last, and are no parts that one would rank.
    return {
      rule: a.rule,
      distance: distance(first, scores),
      order: sameOrder(first.slice(0, -2), scores.slice(0, -2)),
    };
  });
};

type ComparedOptions = Omit<CallOptions, "rule"> & { readonly seed: Seed | Level; readonly rules: readonly Rule[] };

/** Explains a prompt by each rule, forward. Faults: those of explain(). */
export const compared = (
  model: Model,
  backend: Backend,
  prompt: Prompt,
  { rules, ...options }: ComparedOptions,
): Faulty<Comparison> =>
  pipe(
    rules,
    TE.traverseSeqArray((rule) => explain(model, backend, prompt, { ...options, rule, mode: "forward" })),
    TE.map((attributions) => ({ attributions, moved: movedFrom(attributions) })),
  );
