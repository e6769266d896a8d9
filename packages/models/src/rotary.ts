// From a rope to the tables that a head is turned by. Frequencies are computed in f32, as every published model does: the
// roundings are part of the model. Source: transformers, modeling_rope_utils.py.
import {
  add,
  constant,
  type DimLike,
  div,
  type Expr,
  exp,
  less,
  log,
  maximum,
  mul,
  type RotaryTables,
  rotaryTables,
  size,
  where,
} from "@depass/graph";
import type { Rope } from "./rope.ts";

const f32 = Math.fround;

type Of<K extends Rope["kind"]> = Extract<Rope, { kind: K }>;

/** Columns of a head that turn, from the first on. */
export const turnedWidth = ({ partial = 1 }: Rope, headWidth: number): number => Math.floor(headWidth * partial);

/** theta^(2i / width): tokens of each pair's turn, over 2π. */
const periods = (theta: number, width: number): readonly number[] =>
  Array.from({ length: width / 2 }, (_, i) => f32(theta ** f32((2 * i) / width)));

/** Long wavelengths are stretched by `factor`, short ones kept, those between mixed. */
const stretched = (rope: Of<"llama3">, frequency: number): number => {
  const wavelength = f32((2 * Math.PI) / frequency); // tokens per turn
  if (wavelength > rope.originalContext / rope.lowFreqFactor) return frequency / rope.factor;
  if (wavelength < rope.originalContext / rope.highFreqFactor) return frequency;
  const place = f32(f32(rope.originalContext / wavelength) - rope.lowFreqFactor);
  const smooth = f32(place / (rope.highFreqFactor - rope.lowFreqFactor));
  return f32(f32(f32(1 - smooth) * frequency) / rope.factor) + f32(smooth * frequency);
};

/** The pairs, as real numbers, that turn `betaFast` and `betaSlow` times in the original context: Peng et al. 2023, 3.2. */
const ramp = (rope: Of<"yarn">, width: number): readonly [low: number, high: number] => {
  const pairOf = (turns: number): number =>
    (width * Math.log(rope.originalContext / (turns * 2 * Math.PI))) / (2 * Math.log(rope.theta));
  const [low, high] = [pairOf(rope.betaFast), pairOf(rope.betaSlow)];
  const bounded = [
    Math.max(rope.truncate ? Math.floor(low) : low, 0),
    Math.min(rope.truncate ? Math.ceil(high) : high, width - 1),
  ] as const;
  return bounded[0] === bounded[1] ? [bounded[0], bounded[1] + 0.001] : bounded;
};

/** Fast pairs keep their frequency, slow ones are slowed by `factor`, those between are mixed. */
const yarn = (rope: Of<"yarn">, width: number): readonly number[] => {
  const [low, high] = ramp(rope, width);
  return periods(rope.theta, width).map((period, i) => {
    const slow = f32(Math.min(1, Math.max(0, f32(f32(i - f32(low)) / f32(high - low)))));
    const kept = f32(1 - slow);
    return f32(f32(f32(1 / f32(rope.factor * period)) * f32(1 - kept)) + f32(f32(1 / period) * kept));
  });
};

const scaledPeriods = (rope: Of<"longrope">, factors: readonly number[], width: number): readonly number[] =>
  periods(rope.theta, width).map((period, i) => f32(1 / f32(f32(factors[i] as number) * period)));

/**
 * Radians per token of each of the `width / 2` pairs, in f32, for a sequence within the context that a rope was made for.
 * `width` is even (the families' codecs see to it).
 */
export const inverseFrequencies = (rope: Rope, width: number): readonly number[] => {
  if (rope.kind === "yarn") return yarn(rope, width);
  if (rope.kind === "longrope") return scaledPeriods(rope, rope.short, width);
  const plain = periods(rope.theta, width).map((period) => f32(1 / period));
  if (rope.kind === "linear") return plain.map((frequency) => f32(frequency / rope.factor));
  return rope.kind === "llama3" ? plain.map((frequency) => f32(stretched(rope, frequency))) : plain;
};

/**
 * For longer sequences the base of the wavelengths grows with their length: theta · r^(w/(w-2)), r = factor · T / L -
 * (factor - 1), so frequencies shrink by r^(2i/(w-2)). Within the original context L nothing changes.
 */
const grown = (rope: Of<"dynamic">, width: number, tokens: DimLike): Expr => {
  const { factor, originalContext } = rope;
  const growth = maximum(1, add(mul(size(tokens), factor / originalContext), 1 - factor));
  const exponents = Array.from({ length: width / 2 }, (_, i) => (i === 0 ? 0 : (2 * i) / (width - 2)));
  return div(constant(inverseFrequencies(rope, width)), exp(mul(constant(exponents), log(growth))));
};

const frequenciesOf = (rope: Rope, width: number, tokens: DimLike): readonly number[] | Expr => {
  const frequencies = inverseFrequencies(rope, width);
  if (rope.kind === "dynamic") return grown(rope, width, tokens);
  if (rope.kind !== "longrope") return frequencies;
  const isLong = less(rope.originalContext, size(tokens));
  return where(isLong, constant(scaledPeriods(rope, rope.long, width)), constant(frequencies));
};

/** The tables of a sequence of `tokens`, and how much of a head they are for: see attention(). */
export const rotaryOf = (
  rope: Rope,
  headWidth: number,
  tokens: DimLike,
): { readonly rotary: RotaryTables; readonly rotaryWidth: number } => {
  const rotaryWidth = turnedWidth(rope, headWidth);
  const magnitude = "magnitude" in rope ? rope.magnitude : 1;
  return { rotary: rotaryTables(tokens, frequenciesOf(rope, rotaryWidth, tokens), magnitude), rotaryWidth };
};
