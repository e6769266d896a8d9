// SmolLM3 (Hugging Face 2025): Llama's architecture, in which some layers do not turn their heads and may have a window. The
// codec of its config.json, and the forward pass.
// Source: transformers, models/smollm3: configuration_smollm3.py, modeling_smollm3.py.
import type { Fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as t from "io-ts";
import type { Architecture } from "../architecture.ts";
import { flag, oneOf, orElse, positiveInteger } from "../config.ts";
import { unless, unlessFaults } from "../settings.ts";
import { architecture, commonSettings, type DecoderConfig, decoderCodec } from "./decoder.config.ts";
import { decoder } from "./decoder.ts";
import { layerTypes, type Windows, windowsOf } from "./windows.ts";

export type SmolLM3Config = DecoderConfig & {
  /** Biases on the q, k, v and o projections. */
  readonly attentionBias: boolean;
  readonly mlpBias: boolean;
  readonly windows: Windows;
  /** Whether each layer turns its heads. */
  readonly turns: readonly boolean[];
};

const SETTINGS = {
  family: "smollm3",
  understood: {
    ...commonSettings(32_768),
    // Absent means 4 to transformers, whatever the model: better said than guessed.
    num_key_value_heads: positiveInteger,
    tie_word_embeddings: orElse(flag, true),
    model_type: oneOf("smollm3"),
    architectures: architecture("SmolLM3ForCausalLM"),
    attention_bias: orElse(flag, false),
    mlp_bias: orElse(flag, false),
    no_rope_layers: orElse(t.readonlyArray(oneOf(0, 1)), undefined), // 1 for a layer that turns
    no_rope_layer_interval: orElse(positiveInteger, 4),
    use_sliding_window: orElse(flag, false),
    sliding_window: orElse(positiveInteger, undefined),
    layer_types: layerTypes,
  },
  neutral: {},
  harmless: ["max_window_layers", "pretraining_tp"],
};

type Found = t.TypeOfProps<typeof SETTINGS.understood>;

const turnsOf = (found: Found, where: string): E.Either<readonly Fault[], readonly boolean[]> => {
  const { num_hidden_layers: layers, no_rope_layers: given, no_rope_layer_interval: interval } = found;
  const turns =
    given?.map((turn) => turn === 1) ?? Array.from({ length: layers }, (_, layer) => (layer + 1) % interval !== 0);
  return unlessFaults(
    turns.slice(0, layers),
    unless(turns.length >= layers, where, "no_rope_layers", `one for each of ${layers} layers`, given),
  );
};

/** Decodes a SmolLM3 configuration; `where` names its source in faults. */
export const decodeSmolLM3Config = decoderCodec(
  SETTINGS,
  (found, config, where) => {
    const window = found.use_sliding_window ? found.sliding_window : undefined;
    return pipe(
      E.Do,
      E.bind("turns", () => turnsOf(found, where)),
      E.bind("windows", ({ turns }) =>
        windowsOf(found, window, (layer) => window !== undefined && turns[layer] === false, where),
      ),
      E.map(
        ({ turns, windows }): SmolLM3Config => ({
          ...config,
          attentionBias: found.attention_bias,
          mlpBias: found.mlp_bias,
          turns,
          windows,
        }),
      ),
    );
  },
  { defaultTheta: 2_000_000 },
);

export const smolLM3 = (c: SmolLM3Config): Architecture =>
  decoder("smollm3", {
    ...c,
    biases: { qkv: c.attentionBias, output: c.attentionBias, mlp: c.mlpBias },
    layer: (l) => ({ rope: c.turns[l] === true ? c.rope : undefined, window: c.windows[l] }),
  });
