// Mixtral (Jiang et al. 2024): Mistral's architecture with experts in place of every MLP. The codec of its config.json, and
// the forward pass. Source: transformers, models/mixtral: configuration_mixtral.py, modeling_mixtral.py, whose maps are w1
// (gate), w3 (up) and w2 (down).
import type { Fault } from "@depass/graph";
import type * as E from "fp-ts/lib/Either.js";
import type { Architecture } from "../architecture.ts";
import { oneOf, orElse, positiveInteger, positiveNumber } from "../config.ts";
import { unlessFaults } from "../settings.ts";
import { architecture, commonSettings, decoderCodec } from "./decoder.config.ts";
import { decoder } from "./decoder.ts";
import { checkChoice, type ExpertsConfig, expertsOf } from "./experts.ts";

export type MixtralConfig = ExpertsConfig & { readonly window: number | undefined };

const SETTINGS = {
  family: "mixtral",
  understood: {
    ...commonSettings(131_072),
    // Absent means 8 to transformers, whatever the model: better said than guessed.
    num_key_value_heads: positiveInteger,
    rms_norm_eps: orElse(positiveNumber, 1e-5),
    model_type: oneOf("mixtral"),
    architectures: architecture("MixtralForCausalLM"),
    num_local_experts: positiveInteger,
    num_experts_per_tok: positiveInteger,
    sliding_window: orElse(positiveInteger, undefined),
  },
  neutral: {},
  harmless: ["output_router_logits", "router_aux_loss_coef", "router_jitter_noise"],
};

/** Decodes a Mixtral configuration; `where` names its source in faults. */
export const decodeMixtralConfig = decoderCodec(
  SETTINGS,
  (found, common, where): E.Either<readonly Fault[], MixtralConfig> => {
    const config: MixtralConfig = {
      ...common,
      experts: found.num_local_experts,
      chosen: found.num_experts_per_tok,
      expertWidth: found.intermediate_size,
      normalized: true,
      window: found.sliding_window,
    };
    return unlessFaults(config, checkChoice(config, where));
  },
  { defaultTheta: 1e6 },
);

const MAPS = { gate: "w1", up: "w3", down: "w2" } as const;
const NAMES = {
  router: "block_sparse_moe.gate",
  expert: (number: number, map: keyof typeof MAPS) => `block_sparse_moe.experts.${number}.${MAPS[map]}`,
};

export const mixtral = (c: MixtralConfig): Architecture =>
  decoder("mixtral", {
    ...c,
    layer: () => ({ rope: c.rope, window: c.window }),
    mlp: (layer) => expertsOf(c, NAMES, layer),
  });
