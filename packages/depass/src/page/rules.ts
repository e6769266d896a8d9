// Scores under several rules as the page carries them, and what may be said of a part that they disagree about.
import type { Comparison } from "../compare.ts";

export type Rules = Pick<Comparison, "moved"> & {
  readonly names: readonly string[];
  /** `[R][M]`, in the order of the result's parts. */
  readonly scores: readonly (readonly number[])[];
  readonly totals: readonly number[];
  readonly gaps: readonly number[];
};

export const rulesOf = ({ attributions, moved }: Comparison): Rules => ({
  names: attributions.map((a) => a.rule),
  scores: attributions.map((a) => a.parts.map((p) => p.score)),
  totals: attributions.map((a) => a.total),
  gaps: attributions.map((a) => a.gap),
  moved,
});

/** The part that supplied most, bias and remainder aside. */
const leaderOf = (scores: readonly number[]): number => {
  const named = scores.slice(0, -2);
  return named.reduce((best, score, i) => (score > (named[best] ?? 0) ? i : best), 0);
};

/** The part that supplied most under the first rule, and under how many of them it is that part. */
export const leader = ({ scores }: Pick<Rules, "scores">): { readonly part: number; readonly agreeing: number } => {
  const leaders = scores.map(leaderOf);
  const part = leaders[0] ?? 0;
  return { part, agreeing: leaders.filter((l) => l === part).length };
};

export type Spread = { readonly least: number; readonly most: number; readonly sameSign: boolean };

/** How far apart the rules are about a part. */
export const spreadOf = ({ scores }: Pick<Rules, "scores">, part: number): Spread => {
  const own = scores.map((s) => s[part] ?? 0);
  const [least, most] = [Math.min(...own), Math.max(...own)];
  return { least, most, sameSign: least * most > 0 };
};
