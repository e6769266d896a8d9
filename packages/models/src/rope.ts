// How fast does each pair of a head turn with the position? The `rope` part of a decoding configuration, in both
// spellings of the hub: `rope_theta` + `rope_scaling`, and the newer `rope_parameters`. Frequencies are f64.
// Source: transformers, modeling_rope_utils.py (_compute_default_rope_parameters, _compute_llama3_parameters).
import { type Fault, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as t from "io-ts";
import { decode, orElse, positiveInteger, positiveNumber } from "./config.ts";
import { clip, describe, isRecord } from "./describe.ts";

/** `theta` is the base of the wavelengths; the llama3 factors are pure numbers, `originalContext` is in tokens. */
export type Rope =
  | { readonly kind: "default"; readonly theta: number }
  | {
      readonly kind: "llama3";
      readonly theta: number;
      readonly factor: number;
      readonly lowFreqFactor: number;
      readonly highFreqFactor: number;
      readonly originalContext: number;
    };

type Result<A> = E.Either<readonly Fault[], A>;

const wrong = (
  where: string,
  expected: string,
  got: unknown,
  next = "correct config.json or download it again",
): Result<never> => E.left([fault("config", where, expected, describe(got), next)]);

const DEFAULT_THETA = 10_000; // the default of every family's class in transformers

const KINDS = ["default", "llama3"] as const;
const COMMON = ["type", "rope_type", "rope_theta", "partial_rotary_factor"];
const LLAMA3 = {
  factor: positiveNumber,
  low_freq_factor: positiveNumber,
  high_freq_factor: positiveNumber,
  original_max_position_embeddings: positiveInteger,
};

type Fields = Readonly<Record<string, unknown>>;

const kindOf = (fields: Fields, where: string): Result<(typeof KINDS)[number]> => {
  const { type, rope_type: ropeType } = fields;
  if (type !== undefined && ropeType !== undefined && type !== ropeType) {
    return wrong(`${where}.type`, `the same as rope_type (${describe(ropeType)})`, type);
  }
  const name = ropeType ?? type ?? "default";
  const kind = KINDS.find((known) => known === name);
  const next = "other kinds of scaling are not supported yet";
  return kind === undefined ? wrong(`${where}.rope_type`, '"default" or "llama3"', name, next) : E.right(kind);
};

const checkKeys = (fields: Fields, known: readonly string[], where: string): Result<void> => {
  const odd = Object.keys(fields).find((key) => !known.includes(key) && fields[key] !== null);
  if (odd !== undefined) return wrong(`${where}.${clip(odd)}`, `one of ${known.join(", ")}`, fields[odd]);
  const partial = fields.partial_rotary_factor;
  return partial === undefined || partial === null || partial === 1
    ? E.right(undefined)
    : wrong(`${where}.partial_rotary_factor`, "1 or nothing", partial, "partial rotation is not supported yet");
};

const decodeLlama3 = (fields: Fields, theta: number, where: string): Result<Rope> =>
  pipe(
    decode(t.type(LLAMA3))(fields, where),
    E.flatMap(
      (found): Result<Rope> =>
        found.low_freq_factor < found.high_freq_factor
          ? E.right({
              kind: "llama3",
              theta,
              factor: found.factor,
              lowFreqFactor: found.low_freq_factor,
              highFreqFactor: found.high_freq_factor,
              originalContext: found.original_max_position_embeddings,
            })
          : wrong(
              `${where}.high_freq_factor`,
              `more than low_freq_factor (${found.low_freq_factor})`,
              found.high_freq_factor,
            ),
    ),
  );

/** Theta as a group of settings has it; the top-level one, where both are given, must agree. */
const thetaOf = (fields: Fields, top: number | undefined, where: string): Result<number> =>
  pipe(
    decode(orElse(positiveNumber, undefined))(fields.rope_theta, `${where}.rope_theta`),
    E.flatMap(
      (own): Result<number> =>
        own !== undefined && top !== undefined && own !== top
          ? wrong(`${where}.rope_theta`, `the same as rope_theta (${top})`, own)
          : E.right(own ?? top ?? DEFAULT_THETA),
    ),
  );

const plain = (theta: number): Result<Rope> => E.right({ kind: "default", theta });

const decodeGroup = (group: unknown, top: number | undefined, where: string): Result<Rope> => {
  if (!isRecord(group)) return wrong(where, "an object", group);
  return pipe(
    kindOf(group, where),
    E.bindTo("kind"),
    E.bind("theta", () => thetaOf(group, top, where)),
    E.tap(({ kind }) => checkKeys(group, kind === "default" ? COMMON : [...COMMON, ...Object.keys(LLAMA3)], where)),
    E.flatMap(({ kind, theta }) => (kind === "default" ? plain(theta) : decodeLlama3(group, theta, where))),
  );
};

const same = (a: Rope, b: Rope): boolean => JSON.stringify(a) === JSON.stringify(b);

/**
 * The rope of a configuration, from its keys rope_theta, rope_scaling and rope_parameters; absent means theta 10000.
 * `where` names the file. Faults (tag `config`): another kind of scaling, a key it does not have, spellings that differ.
 */
export const decodeRope = (config: Fields, where: string): Result<Rope> =>
  pipe(
    decode(orElse(positiveNumber, undefined))(config.rope_theta, `${where} at rope_theta`),
    E.flatMap((top): Result<Rope> => {
      const ropes = ["rope_parameters", "rope_scaling"]
        .filter((key) => config[key] !== undefined && config[key] !== null)
        .map((key) => decodeGroup(config[key], top, `${where} at ${key}`));
      const [first, second] = ropes;
      if (first === undefined) return plain(top ?? DEFAULT_THETA);
      if (second === undefined || E.isLeft(first)) return first;
      if (E.isLeft(second) || same(first.right, second.right)) return second;
      return E.left([
        fault(
          "config",
          `${where} at rope_scaling`,
          "the same as rope_parameters",
          "another rope",
          "keep the right one",
        ),
      ]);
    }),
  );

/** Every published model computes these in f32: the roundings are part of the model. */
const f32 = Math.fround;

type Llama3 = Extract<Rope, { kind: "llama3" }>;

/** Long wavelengths are stretched by `factor`, short ones kept, those between mixed. */
const stretched = (rope: Llama3, frequency: number): number => {
  const wavelength = f32((2 * Math.PI) / frequency); // tokens per turn
  if (wavelength > rope.originalContext / rope.lowFreqFactor) return frequency / rope.factor;
  if (wavelength < rope.originalContext / rope.highFreqFactor) return frequency;
  const place = f32(f32(rope.originalContext / wavelength) - rope.lowFreqFactor);
  const smooth = f32(place / (rope.highFreqFactor - rope.lowFreqFactor));
  return f32(f32(f32(1 - smooth) * frequency) / rope.factor) + f32(smooth * frequency);
};

/**
 * Radians per token of each of the `headWidth / 2` rotated pairs: theta^(-2i / headWidth), stretched for llama3, in f32.
 * `headWidth` is even (the families' codecs see to it).
 */
export const inverseFrequencies = (rope: Rope, headWidth: number): readonly number[] =>
  Array.from({ length: headWidth / 2 }, (_, i) => {
    const frequency = f32(1 / f32(rope.theta ** f32((2 * i) / headWidth)));
    return rope.kind === "llama3" ? f32(stretched(rope, frequency)) : frequency;
  });
