// Qwen3 with experts (Yang et al. 2025): a norm on each head of q and k, and in most layers experts in place of the MLP. The
// codec of its config.json, and the forward pass. Source: transformers, models/qwen3_moe: configuration_qwen3_moe.py,
// modeling_qwen3_moe.py.
import { type Fault, fault } from "@depass/graph";
import type * as E from "fp-ts/lib/Either.js";
import type * as t from "io-ts";
import type { Architecture } from "../architecture.ts";
import { flag, oneOf, orElse, positiveInteger, tokenIds } from "../config.ts";
import { unless, unlessFaults } from "../settings.ts";
import { architecture, commonSettings, decoderCodec } from "./decoder.config.ts";
import { decoder } from "./decoder.ts";
import { checkChoice, type ExpertsConfig, expertsOf } from "./experts.ts";

export type Qwen3MoeConfig = ExpertsConfig & {
  /** Biases on the q, k, v and o projections. */
  readonly attentionBias: boolean;
  /** Whether a layer chooses among experts. */
  readonly isSparse: (layer: number) => boolean;
};

const SETTINGS = {
  family: "qwen3_moe",
  understood: {
    ...commonSettings(32_768),
    // Absent means 4 to transformers, whatever the model: better said than guessed.
    num_key_value_heads: positiveInteger,
    model_type: oneOf("qwen3_moe"),
    architectures: architecture("Qwen3MoeForCausalLM"),
    attention_bias: orElse(flag, false),
    moe_intermediate_size: positiveInteger,
    // One number under its old name and its new one.
    num_experts: orElse(positiveInteger, undefined),
    num_local_experts: orElse(positiveInteger, undefined),
    num_experts_per_tok: positiveInteger,
    norm_topk_prob: orElse(flag, false),
    decoder_sparse_step: orElse(positiveInteger, 1),
    mlp_only_layers: tokenIds, // numbers of layers
    use_sliding_window: orElse(flag, false),
    sliding_window: orElse(positiveInteger, undefined),
  },
  neutral: {},
  harmless: ["max_window_layers", "output_router_logits", "router_aux_loss_coef"],
};

type Found = t.TypeOfProps<typeof SETTINGS.understood>;

const checkExperts = ({ num_experts: old, num_local_experts: own }: Found, where: string): readonly Fault[] =>
  old === undefined
    ? unless(own !== undefined, where, "num_experts", "a positive integer", undefined)
    : unless(own === undefined || own === old, where, "num_local_experts", `the same as num_experts (${old})`, own);

const checkWindow = ({ use_sliding_window: uses, sliding_window: window }: Found, where: string): readonly Fault[] =>
  uses && window !== undefined
    ? [
        fault(
          "config",
          `${where} at use_sliding_window`,
          "false, or no sliding_window",
          `true with a sliding_window of ${window}`,
          "attention windows are not supported yet",
        ),
      ]
    : [];

/** Every `decoder_sparse_step`-th layer chooses, but for those named. */
const isSparse =
  ({ decoder_sparse_step: step, mlp_only_layers: dense }: Found) =>
  (layer: number): boolean =>
    !dense.includes(layer) && (layer + 1) % step === 0;

/** Decodes a Qwen3-MoE configuration; `where` names its source in faults. */
export const decodeQwen3MoeConfig = decoderCodec(
  SETTINGS,
  (found, common, where): E.Either<readonly Fault[], Qwen3MoeConfig> => {
    const config: Qwen3MoeConfig = {
      ...common,
      experts: found.num_experts ?? found.num_local_experts ?? 0,
      chosen: found.num_experts_per_tok,
      expertWidth: found.moe_intermediate_size,
      normalized: found.norm_topk_prob,
      attentionBias: found.attention_bias,
      isSparse: isSparse(found),
    };
    const ofExperts = checkExperts(found, where);
    const faults = ofExperts.length > 0 ? ofExperts : checkChoice(config, where);
    return unlessFaults(config, [...faults, ...checkWindow(found, where)]);
  },
);

const NAMES = {
  router: "mlp.gate",
  expert: (number: number, map: string) => `mlp.experts.${number}.${map}_proj`,
};

export const qwen3Moe = (c: Qwen3MoeConfig): Architecture =>
  decoder("qwen3_moe", {
    ...c,
    biases: { qkv: c.attentionBias, output: c.attentionBias },
    queryKeyNorms: "head",
    mlp: (layer) => (c.isSparse(layer) ? expertsOf(c, NAMES, layer) : undefined),
  });
