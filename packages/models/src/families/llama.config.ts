// Which Llama is this? The config.json of a LlamaForCausalLM (Llama 1 to 3, SmolLM2, …) becomes a typed record, or the
// faults of every setting that is wrong, unknown or not supported.
// Source: transformers, models/llama/configuration_llama.py.
import * as E from "fp-ts/lib/Either.js";
import { flag, oneOf, orElse } from "../config.ts";
import { architecture, commonSettings, type DecoderConfig, decoderCodec } from "./decoder.config.ts";

export type LlamaConfig = DecoderConfig & {
  /** Biases on the q, k, v and o projections. */
  readonly attentionBias: boolean;
  /** Biases on the gate, up and down projections. */
  readonly mlpBias: boolean;
};

const SETTINGS = {
  family: "llama",
  understood: {
    ...commonSettings(2048),
    model_type: oneOf("llama"),
    architectures: architecture("LlamaForCausalLM"),
    attention_bias: orElse(flag, false),
    mlp_bias: orElse(flag, false),
  },
  neutral: {
    pretraining_tp: [1],
    rope_interleaved: [false],
  },
  harmless: ["is_llama_config", "max_sequence_length"],
};

/** Decodes a Llama configuration; `where` names its source in faults. */
export const decodeLlamaConfig = decoderCodec(
  SETTINGS,
  (found, config): E.Either<never, LlamaConfig> =>
    E.right({ ...config, attentionBias: found.attention_bias, mlpBias: found.mlp_bias }),
);
