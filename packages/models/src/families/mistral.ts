// Mistral (Jiang et al. 2023): Llama's architecture with a window in every layer, or in none. The codec of its config.json,
// and the forward pass. Source: transformers, models/mistral: configuration_mistral.py, modeling_mistral.py.
import * as E from "fp-ts/lib/Either.js";
import type { Architecture } from "../architecture.ts";
import { oneOf, orDefault, positiveInteger } from "../config.ts";
import { architecture, commonSettings, type DecoderConfig, decoderCodec } from "./decoder.config.ts";
import { decoder } from "./decoder.ts";

export type MistralConfig = DecoderConfig & { readonly window: number | undefined };

const SETTINGS = {
  family: "mistral",
  understood: {
    ...commonSettings(131_072),
    // Absent means 8 to transformers, whatever the model: better said than guessed.
    num_key_value_heads: positiveInteger,
    model_type: oneOf("mistral"),
    architectures: architecture("MistralForCausalLM"),
    sliding_window: orDefault(positiveInteger, 4096),
  },
  neutral: {},
  harmless: [],
};

/** Decodes a Mistral configuration; `where` names its source in faults. */
export const decodeMistralConfig = decoderCodec(
  SETTINGS,
  (found, config): E.Either<never, MistralConfig> => E.right({ ...config, window: found.sliding_window }),
);

export const mistral = (c: MistralConfig): Architecture =>
  decoder("mistral", { ...c, layer: () => ({ rope: c.rope, window: c.window }) });
