// Granite 3 (IBM 2024): Llama's architecture with factors on the embedding, on what each branch adds, on the scores of
// attention and on the logits. The codec of its config.json, and the forward pass.
// Source: transformers, models/granite: configuration_granite.py, modeling_granite.py.
import * as E from "fp-ts/lib/Either.js";
import type { Architecture } from "../architecture.ts";
import { flag, oneOf, orElse, positiveNumber } from "../config.ts";
import { architecture, commonSettings, type DecoderConfig, decoderCodec } from "./decoder.config.ts";
import { decoder, type Traits } from "./decoder.ts";

export type GraniteConfig = DecoderConfig & {
  /** Biases on the q, k, v and o projections. */
  readonly attentionBias: boolean;
  readonly mlpBias: boolean;
  readonly scales: Required<Traits["scales"]>;
};

const SETTINGS = {
  family: "granite",
  understood: {
    ...commonSettings(2048),
    model_type: oneOf("granite"),
    architectures: architecture("GraniteForCausalLM"),
    attention_bias: orElse(flag, false),
    mlp_bias: orElse(flag, false),
    embedding_multiplier: orElse(positiveNumber, 1),
    residual_multiplier: orElse(positiveNumber, 1),
    attention_multiplier: orElse(positiveNumber, 1),
    logits_scaling: orElse(positiveNumber, 1), // logits are divided by it
  },
  neutral: {},
  harmless: [],
};

/** Decodes a Granite configuration; `where` names its source in faults. */
export const decodeGraniteConfig = decoderCodec(
  SETTINGS,
  (found, config): E.Either<never, GraniteConfig> =>
    E.right({
      ...config,
      attentionBias: found.attention_bias,
      mlpBias: found.mlp_bias,
      scales: {
        embedding: found.embedding_multiplier,
        branch: found.residual_multiplier,
        attention: found.attention_multiplier,
        logit: 1 / found.logits_scaling,
      },
    }),
);

export const granite = (c: GraniteConfig): Architecture =>
  decoder("granite", { ...c, biases: { qkv: c.attentionBias, output: c.attentionBias, mlp: c.mlpBias } });
