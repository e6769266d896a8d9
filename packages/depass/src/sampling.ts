// Which token comes next? The likeliest, or one drawn from the model's probabilities, sharpened and cut off. What is drawn
// follows from a seed and the place in the text alone, so that it comes out again.
import { type Fault, fault } from "@depass/graph";
import { likeliest } from "./target.ts";

export type Sampling = {
  /** What logits are divided by; 0, the default, takes the likeliest token. */
  readonly temperature?: number;
  /** Only the likeliest tokens that together have this probability. Holtzman et al. 2020. */
  readonly topP?: number;
  /** Only that many of the likeliest tokens. */
  readonly topK?: number;
  /** Another one draws other tokens. */
  readonly seed?: number;
};

const holds = (holding: boolean, where: string, expected: string, got: unknown): readonly Fault[] =>
  holding ? [] : [fault("usage", where, expected, String(got))];

/** Faults: numbers out of range, and what a greedy choice would not look at. */
export const samplingFaults = ({ temperature = 0, topP, topK, seed }: Sampling): readonly Fault[] => [
  ...holds(Number.isFinite(temperature) && temperature >= 0, "temperature", "a number from 0 on", temperature),
  ...holds(topP === undefined || (topP > 0 && topP <= 1), "top-p", "a number above 0, at most 1", topP),
  ...holds(topK === undefined || (Number.isInteger(topK) && topK >= 1), "top-k", "a whole number from 1 on", topK),
  ...holds(seed === undefined || (Number.isSafeInteger(seed) && seed >= 0), "seed", "a whole number from 0 on", seed),
  ...(["topP", "topK", "seed"] as const).flatMap((name) =>
    temperature === 0 && { topP, topK, seed }[name] !== undefined
      ? [fault("usage", name, "a temperature above 0 with it", "a greedy choice", "give a temperature")]
      : [],
  ),
];

/** Number `i` of a seed, in [0, 1): two rounds of MurmurHash3's finaliser over both. */
export const uniform = (seed: number, i: number): number => {
  const mixed = (x: number): number => {
    let h = x;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return (h ^ (h >>> 16)) >>> 0;
  };
  const high = Math.floor(seed / 2 ** 32);
  const [a, b] = [mixed((seed | 0) ^ Math.imul(high + 1, 0x9e3779b1)), Math.imul(i + 1, 0x85ebca77)];
  return mixed(mixed(a ^ b) + 0x9e3779b9) / 2 ** 32;
};

type Choice = { readonly id: number; readonly weight: number };

/** Tokens that may be drawn, likeliest first, each with its probability over that of the likeliest. */
const choices = (logits: ArrayLike<number>, temperature: number, topK: number): readonly Choice[] => {
  const top = logits[likeliest(logits)] as number;
  const all = Array.from(logits, (logit, id): Choice => ({ id, weight: Math.exp((logit - top) / temperature) }));
  return all.sort((a, b) => b.weight - a.weight || a.id - b.id).slice(0, topK);
};

/** The shortest beginning that has the share `p` of all weights. */
const nucleus = (sorted: readonly Choice[], p: number): readonly Choice[] => {
  const goal = p * sorted.reduce((sum, c) => sum + c.weight, 0);
  let [sum, count] = [0, 0];
  while (count < sorted.length && (count === 0 || sum < goal)) sum += (sorted[count++] as Choice).weight;
  return sorted.slice(0, count);
};

/** The id at a place of a text, counted in generated tokens, from the logits `[V]` there. */
export const sample = (logits: ArrayLike<number>, options: Sampling, place: number): number => {
  const { temperature = 0, topP = 1, topK = logits.length, seed = 0 } = options;
  if (temperature === 0) return likeliest(logits);
  const kept = nucleus(choices(logits, temperature, topK), topP);
  let left = uniform(seed, place) * kept.reduce((sum, c) => sum + c.weight, 0);
  for (const { id, weight } of kept) {
    left -= weight;
    if (left < 0) return id;
  }
  return (kept.at(-1) as Choice).id;
};
