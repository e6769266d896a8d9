// Which Llama is this? The config.json of a LlamaForCausalLM (Llama 1 to 3, SmolLM2, …) becomes a typed record, or the
// faults of every setting that is wrong, unknown or not supported.
// Source: transformers, models/llama/configuration_llama.py.
import type { Fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { flag, oneOf, orElse } from "../config.ts";
import { decodeRope } from "../rope.ts";
import { decodeSettings, unlessFaults } from "../settings.ts";
import { architecture, checkSizes, commonSettings, type DecoderConfig, toDecoder } from "./decoder.config.ts";

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

/**
 * Decodes a Llama configuration; `where` names its source in faults.
 * Faults (tag `config`): everything that is wrong, all at once.
 */
export const decodeLlamaConfig = (json: unknown, where = "config.json"): E.Either<readonly Fault[], LlamaConfig> =>
  pipe(
    decodeSettings(SETTINGS)(json, where),
    E.flatMap((found) =>
      pipe(
        decodeRope(found, where),
        E.map((rope) => ({
          ...toDecoder(found, rope),
          attentionBias: found.attention_bias,
          mlpBias: found.mlp_bias,
        })),
      ),
    ),
    E.flatMap((config) => unlessFaults(config, checkSizes(config, where))),
  );
