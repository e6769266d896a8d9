// What the Gemmas have in common, beyond what all decoders have: settings, and traits of the forward pass.
// Source: transformers, models/gemma2 and models/gemma3.
import type * as t from "io-ts";
import { flag, orElse, positiveInteger, positiveNumber } from "../config.ts";
import { activationName, activationOf } from "./activations.ts";
import { commonSettings, type DecoderConfig } from "./decoder.config.ts";
import type { Traits } from "./decoder.ts";
import { layerTypes } from "./windows.ts";

export type GemmaConfig = DecoderConfig & {
  /** Biases on the q, k, v and o projections. */
  readonly attentionBias: boolean;
  /** Scores of attention are divided by its root. */
  readonly queryScalar: number;
  readonly logitSoftcap: number | undefined;
};

/** `hidden_act` is in old files and means nothing beside `hidden_activation`. */
export const gemmaSettings = (context: number) => ({
  ...commonSettings(context),
  // Absent means 4 to transformers, whatever the model: better said than guessed.
  num_key_value_heads: positiveInteger,
  head_dim: orElse(positiveInteger, 256),
  tie_word_embeddings: orElse(flag, true),
  hidden_activation: orElse(activationName, "gelu_pytorch_tanh" as const),
  attention_bias: orElse(flag, false),
  query_pre_attn_scalar: orElse(positiveNumber, 256),
  layer_types: layerTypes,
});

type Found = t.TypeOfProps<ReturnType<typeof gemmaSettings>> & { readonly final_logit_softcapping: number | undefined };

export const gemmaConfig = (found: Found, config: DecoderConfig): GemmaConfig => ({
  ...config,
  activation: activationOf(found.hidden_activation),
  attentionBias: found.attention_bias,
  queryScalar: found.query_pre_attn_scalar,
  logitSoftcap: found.final_logit_softcapping,
});

export const gemmaTraits = (c: GemmaConfig) =>
  ({
    biases: { qkv: c.attentionBias, output: c.attentionBias },
    norms: {
      attention: { before: "input_layernorm", after: "post_attention_layernorm" },
      mlp: { before: "pre_feedforward_layernorm", after: "post_feedforward_layernorm" },
    },
    gainsFromOne: true,
    scales: { embedding: Math.sqrt(c.hidden), attention: 1 / Math.sqrt(c.queryScalar) },
  }) satisfies Partial<Traits>;
