// Which settings do all gated decoders of the Llama kind share, and which relations hold between them? The codecs of
// the common keys, and what follows from them: the head width, and that heads can share keys and values.
import type { Activation, Fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as t from "io-ts";
import { flag, layerCount, orElse, positiveInteger, positiveNumber, tokenId, tokenIds } from "../config.ts";
import { decodeRope, type Rope, type RopeOptions } from "../rope.ts";
import { turnedWidth } from "../rotary.ts";
import { decodeSettings, type Settings, unless, unlessFaults } from "../settings.ts";
import { activationName, activationOf } from "./activations.ts";

/** Sizes as in the glossary: V vocab, D hidden, L layers, H heads, K kvHeads, F headWidth, I mlpWidth. */
export type DecoderConfig = {
  readonly vocab: number;
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headWidth: number;
  readonly mlpWidth: number;
  /** Added to the mean square in every norm. */
  readonly eps: number;
  readonly rope: Rope;
  /** The unembedding is the embedding. */
  readonly tied: boolean;
  readonly activation: Activation;
  /** Longest sequence the model was made for, in tokens. */
  readonly context: number;
  readonly bos?: number;
  readonly eos: readonly number[];
};

/** `architectures` absent, or with the causal language model among them: any other has another head. */
export const architecture = (name: string): t.Type<readonly string[], unknown, unknown> => {
  const is = (u: unknown): u is readonly string[] => Array.isArray(u) && u.includes(name);
  return orElse(
    new t.Type<readonly string[], unknown, unknown>(
      `a list with "${name}"`,
      is,
      (u, context) => (is(u) ? t.success(u) : t.failure(u, context)),
      t.identity,
    ),
    [],
  );
};

/** Keys common to the families; `context` is the class's own default. Defaults as in transformers. */
export const commonSettings = (context: number) => ({
  vocab_size: positiveInteger,
  hidden_size: positiveInteger,
  num_hidden_layers: layerCount,
  num_attention_heads: positiveInteger,
  num_key_value_heads: orElse(positiveInteger, undefined),
  head_dim: orElse(positiveInteger, undefined),
  intermediate_size: positiveInteger,
  rms_norm_eps: orElse(positiveNumber, 1e-6),
  hidden_act: orElse(activationName, "silu" as const),
  tie_word_embeddings: orElse(flag, false),
  max_position_embeddings: orElse(positiveInteger, context),
  bos_token_id: orElse(tokenId, undefined),
  eos_token_id: tokenIds,
  // Decoded together by rope.ts.
  rope_theta: t.unknown,
  rope_scaling: t.unknown,
  rope_parameters: t.unknown,
});

export type CommonSettings = t.TypeOfProps<ReturnType<typeof commonSettings>>;

export const toDecoder = (found: CommonSettings, rope: Rope): DecoderConfig => ({
  vocab: found.vocab_size,
  hidden: found.hidden_size,
  layers: found.num_hidden_layers,
  heads: found.num_attention_heads,
  kvHeads: found.num_key_value_heads ?? found.num_attention_heads,
  headWidth: found.head_dim ?? found.hidden_size / found.num_attention_heads,
  mlpWidth: found.intermediate_size,
  eps: found.rms_norm_eps,
  rope,
  tied: found.tie_word_embeddings,
  activation: activationOf(found.hidden_act),
  // A dynamic rope is there to go beyond.
  context: Math.floor(found.max_position_embeddings * (rope.kind === "dynamic" ? Math.max(1, rope.factor) : 1)),
  ...(found.bos_token_id === undefined ? {} : { bos: found.bos_token_id }),
  eos: found.eos_token_id,
});

/** Faults (tag `config`) of the relations between sizes. */
export const checkSizes = (
  { hidden, heads, kvHeads, headWidth, rope }: DecoderConfig,
  where: string,
): readonly Fault[] => [
  ...unless(
    heads % kvHeads === 0,
    where,
    "num_key_value_heads",
    `a divisor of num_attention_heads (${heads})`,
    kvHeads,
  ),
  ...unless(
    Number.isInteger(headWidth),
    where,
    "num_attention_heads",
    `a divisor of hidden_size (${hidden}), as head_dim is absent`,
    heads,
  ),
  ...unless(
    !Number.isInteger(headWidth) || headWidth % 2 === 0,
    where,
    "head_dim",
    "an even width, for rotary pairs",
    headWidth,
  ),
  ...checkTurn(rope, headWidth, where),
];

const WIDEST = 65_536; // columns of a head: a table as long is made of it, and the widest of today are 512

/** A rope must fit the width of a head. */
export const checkTurn = (rope: Rope, headWidth: number, where: string): readonly Fault[] => {
  const turned = turnedWidth(rope, headWidth);
  if (!Number.isInteger(headWidth)) return [];
  if (headWidth > WIDEST) return unless(false, where, "head_dim", `a width of at most ${WIDEST}`, headWidth);
  const fits = (factors: readonly number[], key: string): readonly Fault[] =>
    unless(factors.length === turned / 2, where, key, `a factor for each of ${turned / 2} pairs`, factors);
  return [
    ...unless(
      rope.partial === undefined || (turned >= 2 && turned % 2 === 0),
      where,
      "partial_rotary_factor",
      `a part that turns an even number of a head's ${headWidth} columns`,
      rope.partial,
    ),
    ...(rope.kind === "longrope" ? [...fits(rope.short, "short_factor"), ...fits(rope.long, "long_factor")] : []),
    ...unless(
      rope.kind !== "dynamic" || turned > 2,
      where,
      "rope_type",
      "heads of more than two turned columns for a dynamic rope",
      turned,
    ),
  ];
};

/** Settings with all of the common keys, some perhaps with narrower codecs. */
type Common = t.Props & { readonly [K in keyof ReturnType<typeof commonSettings>]: t.Mixed };
type Result<A> = E.Either<readonly Fault[], A>;

/**
 * The codec of a family: its settings, and what it has beyond the common ones.
 * Faults (tag `config`): everything that is wrong, all at once.
 */
export const decoderCodec =
  <P extends Common, A extends DecoderConfig>(
    settings: Settings<P>,
    complete: (found: t.TypeOfProps<P>, config: DecoderConfig, where: string) => Result<A>,
    ropes: RopeOptions = {},
  ) =>
  (json: unknown, where = "config.json"): Result<A> =>
    pipe(
      decodeSettings(settings)(json, where),
      E.flatMap((found) => {
        const common = found as unknown as CommonSettings;
        return pipe(
          decodeRope(common, where, ropes),
          E.flatMap((rope) => complete(found, toDecoder(common, rope), where)),
        );
      }),
      E.flatMap((config) => unlessFaults(config, checkSizes(config, where))),
    );
