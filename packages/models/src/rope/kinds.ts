// The kinds of rope: what each has beside the base of its wavelengths, and how its group of settings is decoded.
// Source: transformers, modeling_rope_utils.py.
import { type Fault, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as t from "io-ts";
import { decode, flag, orElse, positiveInteger, positiveNumber, positiveNumbers } from "../config.ts";
import { describe } from "../describe.ts";

/** `theta` is the base of the wavelengths; `partial` the part of a head's width that turns, 1 where absent. */
export type Base = { readonly theta: number; readonly partial?: number };

/** Factors are pure numbers, `originalContext` is in tokens, `magnitude` stands before cosine and sine. */
export type Rope = Base &
  (
    | { readonly kind: "default" }
    | { readonly kind: "linear"; readonly factor: number }
    | { readonly kind: "dynamic"; readonly factor: number; readonly originalContext: number }
    | {
        readonly kind: "yarn";
        readonly factor: number;
        readonly originalContext: number;
        /** Turns within the original context above which, and below which, a pair is fast or slow. */
        readonly betaFast: number;
        readonly betaSlow: number;
        readonly truncate: boolean;
        readonly magnitude: number;
      }
    | {
        readonly kind: "longrope";
        readonly originalContext: number;
        /** A factor for each pair, for sequences within the original context and for longer ones. */
        readonly short: readonly number[];
        readonly long: readonly number[];
        readonly magnitude: number;
      }
    | {
        readonly kind: "llama3";
        readonly factor: number;
        readonly lowFreqFactor: number;
        readonly highFreqFactor: number;
        readonly originalContext: number;
      }
  );

export type Kind = Rope["kind"];
export type Result<A> = E.Either<readonly Fault[], A>;
export type Fields = Readonly<Record<string, unknown>>;

export const wrong = (
  where: string,
  expected: string,
  got: unknown,
  next = "correct config.json or download it again",
): Result<never> => E.left([fault("config", where, expected, describe(got), next)]);

/** Settings beside a group that count where it leaves them out. */
export type Beside = { readonly context: number | undefined; readonly originalContext: number | undefined };

export const optional = <A>(codec: t.Type<A, unknown, unknown>) => orElse(codec, undefined);

const COMMON = { type: t.unknown, rope_type: t.unknown, rope_theta: t.unknown, partial_rotary_factor: t.unknown };
const LINEAR = { factor: positiveNumber };
const YARN = {
  factor: positiveNumber,
  original_max_position_embeddings: positiveInteger,
  attention_factor: optional(positiveNumber),
  beta_fast: orElse(positiveNumber, 32),
  beta_slow: orElse(positiveNumber, 1),
  mscale: optional(positiveNumber),
  mscale_all_dim: optional(positiveNumber),
  truncate: orElse(flag, true),
};
const LONGROPE = {
  short_factor: positiveNumbers,
  long_factor: positiveNumbers,
  factor: optional(positiveNumber),
  attention_factor: optional(positiveNumber),
  original_max_position_embeddings: optional(positiveInteger),
};
const LLAMA3 = {
  factor: positiveNumber,
  low_freq_factor: positiveNumber,
  high_freq_factor: positiveNumber,
  original_max_position_embeddings: positiveInteger,
};

type Decoder = (fields: Fields, base: Base, around: Beside, where: string) => Result<Rope>;

/** A kind's own keys, and what becomes of them. */
const kind = <P extends t.Props>(
  props: P,
  use: (found: t.TypeOfProps<P>, base: Base, around: Beside, where: string) => Result<Rope>,
): { readonly keys: readonly string[]; readonly decode: Decoder } => ({
  keys: Object.keys({ ...COMMON, ...props }),
  decode: (fields, base, around, where) =>
    pipe(
      decode(t.type(props))(fields, where),
      E.flatMap((found) => use(found, base, around, where)),
    ),
});

/** Yarn's attention factor: Peng et al. 2023, eq. 22. */
const growth = (scale: number, weight = 1): number => (scale <= 1 ? 1 : 0.1 * weight * Math.log(scale) + 1);

const yarnMagnitude = (found: t.TypeOfProps<typeof YARN>): number => {
  const { factor, mscale, mscale_all_dim: all } = found;
  if (found.attention_factor !== undefined) return found.attention_factor;
  return mscale === undefined || all === undefined ? growth(factor) : growth(factor, mscale) / growth(factor, all);
};

/** LongRoPE's: Ding et al. 2024, as Phi3 has it. */
const longMagnitude = (scale: number, original: number): number =>
  scale <= 1 ? 1 : Math.sqrt(1 + Math.log(scale) / Math.log(original));

export const kinds: Readonly<Record<Kind, ReturnType<typeof kind>>> = {
  default: kind({}, (_, base) => E.right({ kind: "default", ...base })),
  linear: kind(LINEAR, ({ factor }, base) => E.right({ kind: "linear", ...base, factor })),
  dynamic: kind(LINEAR, ({ factor }, base, { context }, where) =>
    context === undefined
      ? wrong(where, "max_position_embeddings beside it", undefined)
      : E.right({ kind: "dynamic", ...base, factor, originalContext: context }),
  ),
  yarn: kind(YARN, (found, base) =>
    E.right({
      kind: "yarn",
      ...base,
      factor: found.factor,
      originalContext: found.original_max_position_embeddings,
      betaFast: found.beta_fast,
      betaSlow: found.beta_slow,
      truncate: found.truncate,
      magnitude: yarnMagnitude(found),
    }),
  ),
  longrope: kind(LONGROPE, (found, base, around, where) => {
    const own = found.original_max_position_embeddings;
    const originalContext = around.originalContext ?? own;
    const key = `${where}.original_max_position_embeddings`;
    if (originalContext === undefined || originalContext < 2) return wrong(key, "2 tokens or more", originalContext);
    if (own !== undefined && own !== originalContext)
      return wrong(key, `the same as original_max_position_embeddings (${originalContext})`, own);
    const scale = found.factor ?? (around.context ?? originalContext) / originalContext;
    const magnitude = found.attention_factor ?? longMagnitude(scale, originalContext);
    return E.right({
      kind: "longrope",
      ...base,
      originalContext,
      short: found.short_factor,
      long: found.long_factor,
      magnitude,
    });
  }),
  llama3: kind(LLAMA3, (found, base, _, where) =>
    found.low_freq_factor < found.high_freq_factor
      ? E.right({
          kind: "llama3",
          ...base,
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
};
