// Qwen3 (Yang et al. 2025): Llama's architecture with a norm on each head of q and k. The codec of its config.json, and the
// forward pass. Source: transformers, models/qwen3: configuration_qwen3.py, modeling_qwen3.py.
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import type { Architecture } from "../architecture.ts";
import { flag, oneOf, orDefault, orElse, positiveInteger, wholeNumber } from "../config.ts";
import { architecture, commonSettings, type DecoderConfig, decoderCodec } from "./decoder.config.ts";
import { decoder } from "./decoder.ts";
import { layerTypes, type Windows, windowsOf } from "./windows.ts";

/** `attentionBias`: biases on the q, k, v and o projections. */
export type Qwen3Config = DecoderConfig & { readonly attentionBias: boolean; readonly windows: Windows };

const SETTINGS = {
  family: "qwen3",
  understood: {
    ...commonSettings(32_768),
    // Absent means 32 to transformers, whatever the model: better said than guessed.
    num_key_value_heads: positiveInteger,
    head_dim: orElse(positiveInteger, 128),
    model_type: oneOf("qwen3"),
    architectures: architecture("Qwen3ForCausalLM"),
    attention_bias: orElse(flag, false),
    use_sliding_window: orElse(flag, false),
    sliding_window: orDefault(positiveInteger, 4096),
    max_window_layers: orElse(wholeNumber, 28),
    layer_types: layerTypes,
  },
  neutral: {},
  harmless: [],
};

/** Decodes a Qwen3 configuration; `where` names its source in faults. */
export const decodeQwen3Config = decoderCodec(SETTINGS, (found, config, where) => {
  const window = found.use_sliding_window ? found.sliding_window : undefined;
  const fromLayer = window === undefined ? found.num_hidden_layers : found.max_window_layers;
  return pipe(
    windowsOf(found, window, (layer) => layer >= fromLayer, where),
    E.map((windows): Qwen3Config => ({ ...config, attentionBias: found.attention_bias, windows })),
  );
});

export const qwen3 = (c: Qwen3Config): Architecture =>
  decoder("qwen3", {
    ...c,
    biases: { qkv: c.attentionBias, output: c.attentionBias },
    queryKeyNorms: "head",
    layer: (l) => ({ rope: c.rope, window: c.windows[l] }),
  });
