// Which Qwen2 is this? The config.json of a Qwen2ForCausalLM (Qwen2, Qwen2.5) becomes a typed record, or the faults of
// every setting that is wrong, unknown or not supported. Its q, k and v projections always have biases, o never.
// Source: transformers, models/qwen2/configuration_qwen2.py.
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { flag, oneOf, orDefault, orElse, positiveInteger, wholeNumber } from "../config.ts";
import { architecture, commonSettings, type DecoderConfig, decoderCodec } from "./decoder.config.ts";
import { layerTypes, type Windows, windowsOf } from "./windows.ts";

export type Qwen2Config = DecoderConfig & { readonly windows: Windows };

const SETTINGS = {
  family: "qwen2",
  understood: {
    ...commonSettings(32_768),
    // Absent means 32 to transformers, whatever the model: better said than guessed.
    num_key_value_heads: positiveInteger,
    model_type: oneOf("qwen2"),
    architectures: architecture("Qwen2ForCausalLM"),
    use_sliding_window: orElse(flag, false),
    sliding_window: orDefault(positiveInteger, 4096),
    max_window_layers: orElse(wholeNumber, 28),
    layer_types: layerTypes,
  },
  neutral: { use_mrope: [false] },
  harmless: [],
};

/** Decodes a Qwen2 configuration; `where` names its source in faults. */
export const decodeQwen2Config = decoderCodec(SETTINGS, (found, config, where) => {
  const window = found.use_sliding_window ? found.sliding_window : undefined;
  const fromLayer = window === undefined ? found.num_hidden_layers : found.max_window_layers;
  return pipe(
    windowsOf(found, window, (layer) => layer >= fromLayer, where),
    E.map((windows): Qwen2Config => ({ ...config, windows })),
  );
});
