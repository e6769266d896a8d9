// How are positions scaled in a GGUF file? By keys of the header; by two tensors of a factor for each pair (longrope, Phi3); or,
// for Llama 3, by a tensor of one divisor a frequency, `rope_freqs.weight`, whose own settings are not in the file. They are
// found again: the largest divisor is the factor, the others are those of every published Llama 3, and the tensor they give
// must be the file's. Source: llama.cpp's convert_hf_to_gguf.py (generate_extra_tensors of Llama and of Phi3).

import { type Fault, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { describe } from "../describe.ts";
import { inverseFrequencies } from "../rotary.ts";
import { shortest } from "./decimals.ts";

type Result<A> = E.Either<readonly Fault[], A>;

/** `rope_scaling` of a config.json; null for none. */
export type Scaling = Readonly<Record<string, unknown>> | null;

/** What the header alone says: linear scaling by a factor, or yarn. Other kinds are handed on, and refused by name. */
export const headerScaling = (get: (key: string) => unknown): Scaling => {
  const type = get("rope.scaling.type");
  if (type === undefined || type === "none") return null;
  const original = type === "yarn" ? get("rope.scaling.original_context_length") : undefined;
  return {
    rope_type: type,
    factor: get("rope.scaling.factor"),
    ...(original === undefined ? {} : { original_max_position_embeddings: original }),
  };
};

/** Phi3's; `magnitude` is `rope.scaling.attn_factor`, by default that of transformers. */
export const longScaling = (short: ArrayLike<number>, long: ArrayLike<number>, magnitude: unknown): Scaling => ({
  rope_type: "longrope",
  short_factor: Array.from(short, shortest),
  long_factor: Array.from(long, shortest),
  ...(magnitude === undefined ? {} : { attention_factor: magnitude }),
});

const PUBLISHED = { low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 8192 };

const llama3 = (theta: number, factor: number, headWidth: number): readonly number[] => {
  const rope = { theta, factor, lowFreqFactor: 1, highFreqFactor: 4, originalContext: 8192 };
  const scaled = inverseFrequencies({ kind: "llama3", ...rope }, headWidth);
  const plain = inverseFrequencies({ kind: "default", theta }, headWidth);
  return plain.map((frequency, i) => frequency / (scaled[i] as number));
};

const CLOSE = 1e-4; // relative; the tensor was computed in f32, in another order

/** The scaling that `divisors` are, one for each of `headWidth / 2` frequencies. Fault (tag `gguf`): none that we know. */
export const scalingOf = (
  divisors: ArrayLike<number>,
  theta: number,
  headWidth: number,
  where: string,
): Result<Scaling> => {
  const given = Array.from(divisors);
  if (given.every((divisor) => divisor === 1)) return E.right(null);
  const factor = given.reduce((a, b) => Math.max(a, b), 1);
  const wanted = llama3(theta, factor, headWidth);
  const same =
    wanted.length === given.length && wanted.every((w, i) => Math.abs((given[i] as number) - w) <= CLOSE * w);
  return same
    ? E.right({ rope_type: "llama3", factor, ...PUBLISHED })
    : E.left([fault("gguf", where, "the divisors of Llama 3", describe(given), "this rope is not supported yet")]);
};
