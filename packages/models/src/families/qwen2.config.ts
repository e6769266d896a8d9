// Which Qwen2 is this? The config.json of a Qwen2ForCausalLM (Qwen2, Qwen2.5) becomes a typed record, or the faults of
// every setting that is wrong, unknown or not supported. Its q, k and v projections always have biases, o never.
// Source: transformers, models/qwen2/configuration_qwen2.py.
import { type Fault, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as t from "io-ts";
import { flag, oneOf, orElse, positiveInteger } from "../config.ts";
import { decodeRope } from "../rope.ts";
import { decodeSettings, unless, unlessFaults } from "../settings.ts";
import { architecture, checkSizes, commonSettings, type DecoderConfig, toDecoder } from "./decoder.config.ts";

export type Qwen2Config = DecoderConfig;

const SETTINGS = {
  family: "qwen2",
  understood: {
    ...commonSettings(32_768),
    // Absent means 32 to transformers, whatever the model: better said than guessed.
    num_key_value_heads: positiveInteger,
    model_type: oneOf("qwen2"),
    architectures: architecture("Qwen2ForCausalLM"),
    use_sliding_window: orElse(flag, false),
    sliding_window: orElse(positiveInteger, undefined),
    layer_types: orElse(t.UnknownArray, undefined),
  },
  neutral: { use_mrope: [false] },
  harmless: ["max_window_layers"], // which layers have a window, when there is one
};

type Found = {
  readonly use_sliding_window: boolean;
  readonly sliding_window: number | undefined;
  readonly layer_types: readonly unknown[] | undefined;
  readonly num_hidden_layers: number;
};

const checkWindow = (found: Found, where: string): readonly Fault[] =>
  found.use_sliding_window && found.sliding_window !== undefined
    ? [
        fault(
          "config",
          `${where} at use_sliding_window`,
          "false, or no sliding_window",
          `true with a sliding_window of ${found.sliding_window}`,
          "attention windows are not supported yet",
        ),
      ]
    : [];

const checkLayerTypes = ({ layer_types: types, num_hidden_layers: layers }: Found, where: string): readonly Fault[] => {
  if (types === undefined) return [];
  const odd = types.findIndex((type) => type !== "full_attention");
  const got = odd < 0 ? types : types[odd];
  return [
    ...unless(types.length === layers, where, "layer_types", `one for each of ${layers} layers`, types),
    ...unless(odd < 0, where, `layer_types.${odd}`, '"full_attention"', got),
  ];
};

/**
 * Decodes a Qwen2 configuration; `where` names its source in faults.
 * Faults (tag `config`): everything that is wrong, all at once.
 */
export const decodeQwen2Config = (json: unknown, where = "config.json"): E.Either<readonly Fault[], Qwen2Config> =>
  pipe(
    decodeSettings(SETTINGS)(json, where),
    E.flatMap((found) => unlessFaults(found, [...checkWindow(found, where), ...checkLayerTypes(found, where)])),
    E.flatMap((found) =>
      pipe(
        decodeRope(found, where),
        E.map((rope) => toDecoder(found, rope)),
      ),
    ),
    E.flatMap((config) => unlessFaults(config, checkSizes(config, where))),
  );
