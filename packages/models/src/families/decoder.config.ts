// Which settings do all gated decoders of the Llama kind share, and which relations hold between them? The codecs of
// the common keys, and what follows from them: the head width, and that heads can share keys and values.
import type { Fault } from "@depass/graph";
import * as t from "io-ts";
import { flag, layerCount, oneOf, orElse, positiveInteger, positiveNumber, tokenId, tokenIds } from "../config.ts";
import type { Rope } from "../rope.ts";
import { unless } from "../settings.ts";

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
  readonly activation: "silu";
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
  hidden_act: orElse(oneOf("silu"), "silu" as const),
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
  activation: found.hidden_act,
  context: found.max_position_embeddings,
  ...(found.bos_token_id === undefined ? {} : { bos: found.bos_token_id }),
  eos: found.eos_token_id,
});

/** Faults (tag `config`) of the relations between sizes. */
export const checkSizes = ({ hidden, heads, kvHeads, headWidth }: DecoderConfig, where: string): readonly Fault[] => [
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
];
