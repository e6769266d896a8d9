// How well do scores agree with what they should say? Ranks and their correlation, who stands first, and how far a mean over
// prompts can be trusted.
import type { Random } from "../random.ts";

export const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** Ranks from 1 for the least; equals share the mean of theirs. */
export const ranksOf = (values: readonly number[]): readonly number[] => {
  const order = values.map((_, i) => i).sort((a, b) => (values[a] as number) - (values[b] as number));
  const ranks = new Array<number>(values.length);
  for (let from = 0, to = 0; from < order.length; from = to) {
    const value = values[order[from] as number];
    while (to < order.length && values[order[to] as number] === value) to++;
    for (const i of order.slice(from, to)) ranks[i] = (from + 1 + to) / 2;
  }
  return ranks;
};

/** Spearman's ρ: the correlation of the ranks. 0 where one side has no order at all: it then says nothing of the other. */
export const spearman = (a: readonly number[], b: readonly number[]): number => {
  const middle = (a.length + 1) / 2;
  const [x, y] = [a, b].map((values) => ranksOf(values).map((rank) => rank - middle)) as [number[], number[]];
  const product = (u: readonly number[], v: readonly number[]) =>
    u.reduce((sum, r, i) => sum + r * (v[i] as number), 0);
  const spread = Math.sqrt(product(x, x) * product(y, y));
  return spread === 0 ? 0 : product(x, y) / spread;
};

/** 1 where the score at `index` is the highest of all, 1/k where it is one of k that are. */
export const isTop = (scores: readonly number[], index: number): number => {
  const highest = Math.max(...scores);
  return scores[index] === highest ? 1 / scores.filter((score) => score === highest).length : 0;
};

/** Between which two values the mean of 95 % of resamples lies (percentile bootstrap, Efron 1979). */
export const intervalOf = (
  values: readonly number[],
  random: Random,
  resamples = 2000,
): readonly [low: number, high: number] => {
  const { length } = values;
  const means = Array.from({ length: resamples }, () => {
    let sum = 0;
    for (let i = 0; i < length; i++) sum += values[Math.floor(random() * length)] as number;
    return sum / length;
  }).sort((a, b) => a - b);
  return [means[Math.floor(0.025 * resamples)] as number, means[Math.ceil(0.975 * resamples) - 1] as number];
};
