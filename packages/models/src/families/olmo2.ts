// OLMo 2 (Walsh et al. 2024): norms behind attention and MLP instead of before them, and on the whole rows of q and k. The
// codec of its config.json, and the forward pass.
// Source: transformers, models/olmo2: configuration_olmo2.py, modeling_olmo2.py.
import * as E from "fp-ts/lib/Either.js";
import type { Architecture } from "../architecture.ts";
import { flag, oneOf, orElse, positiveNumber } from "../config.ts";
import { architecture, commonSettings, type DecoderConfig, decoderCodec } from "./decoder.config.ts";
import { decoder } from "./decoder.ts";

/** `attentionBias`: biases on the q, k, v and o projections. */
export type Olmo2Config = DecoderConfig & { readonly attentionBias: boolean };

const SETTINGS = {
  family: "olmo2",
  understood: {
    ...commonSettings(2048),
    rms_norm_eps: orElse(positiveNumber, 1e-5),
    model_type: oneOf("olmo2"),
    architectures: architecture("Olmo2ForCausalLM"),
    attention_bias: orElse(flag, false),
  },
  neutral: {},
  harmless: [],
};

/** Decodes an OLMo 2 configuration; `where` names its source in faults. */
export const decodeOlmo2Config = decoderCodec(
  SETTINGS,
  (found, config): E.Either<never, Olmo2Config> => E.right({ ...config, attentionBias: found.attention_bias }),
);

export const olmo2 = (c: Olmo2Config): Architecture =>
  decoder("olmo2", {
    ...c,
    biases: { qkv: c.attentionBias, output: c.attentionBias },
    queryKeyNorms: "row",
    norms: { attention: { after: "post_attention_layernorm" }, mlp: { after: "post_feedforward_layernorm" } },
  });
