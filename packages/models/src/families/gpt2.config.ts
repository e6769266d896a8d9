// Which GPT-2 is this? The config.json of a GPT2LMHeadModel (GPT-2 in all sizes, DistilGPT-2, …) becomes a typed record, or
// the faults of every setting that is wrong, unknown or not supported.
// Source: transformers, models/gpt2/configuration_gpt2.py.
import type { Activation, Fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import type * as t from "io-ts";
import { flag, layerCount, oneOf, orElse, positiveInteger, positiveNumber, tokenId, tokenIds } from "../config.ts";
import { decodeSettings, unless, unlessFaults } from "../settings.ts";
import { activationName, activationOf } from "./activations.ts";
import { architecture } from "./decoder.config.ts";

/** Sizes as in the glossary: V vocab, D hidden, L layers, H heads, F headWidth, I mlpWidth. */
export type Gpt2Config = {
  readonly vocab: number;
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly headWidth: number;
  readonly mlpWidth: number;
  readonly eps: number;
  readonly tied: boolean;
  readonly activation: Activation;
  /** Rows of the position table. */
  readonly context: number;
  /** What a layer's attention scores are multiplied with. */
  readonly scaleOf: (layer: number) => number;
  readonly bos?: number;
  readonly eos: readonly number[];
};

const SETTINGS = {
  family: "gpt2",
  understood: {
    model_type: oneOf("gpt2"),
    architectures: architecture("GPT2LMHeadModel"),
    vocab_size: positiveInteger,
    n_embd: positiveInteger,
    n_layer: layerCount,
    n_head: positiveInteger,
    n_inner: orElse(positiveInteger, undefined),
    n_positions: orElse(positiveInteger, 1024),
    layer_norm_epsilon: orElse(positiveNumber, 1e-5),
    activation_function: orElse(activationName, "gelu_new" as const),
    scale_attn_weights: orElse(flag, true),
    scale_attn_by_inverse_layer_idx: orElse(flag, false),
    tie_word_embeddings: orElse(flag, true),
    bos_token_id: orElse(tokenId, undefined),
    eos_token_id: tokenIds,
  },
  neutral: {},
  harmless: [
    "n_ctx",
    "attn_pdrop",
    "reorder_and_upcast_attn", // the same products, in another order and type
    "gradient_checkpointing",
    "predict_special_tokens",
    "_num_labels",
    "summary_activation",
    "summary_first_dropout",
    "summary_proj_to_labels",
    "summary_type",
    "summary_use_proj",
  ],
};

type Found = t.TypeOfProps<typeof SETTINGS.understood>;

const scaleOf =
  (found: Found) =>
  (layer: number): number => {
    const scale = found.scale_attn_weights ? 1 / Math.sqrt(found.n_embd / found.n_head) : 1;
    return found.scale_attn_by_inverse_layer_idx ? scale / (layer + 1) : scale;
  };

const toConfig = (found: Found): Gpt2Config => ({
  vocab: found.vocab_size,
  hidden: found.n_embd,
  layers: found.n_layer,
  heads: found.n_head,
  headWidth: found.n_embd / found.n_head,
  mlpWidth: found.n_inner ?? 4 * found.n_embd,
  eps: found.layer_norm_epsilon,
  tied: found.tie_word_embeddings,
  activation: activationOf(found.activation_function),
  context: found.n_positions,
  scaleOf: scaleOf(found),
  ...(found.bos_token_id === undefined ? {} : { bos: found.bos_token_id }),
  eos: found.eos_token_id,
});

/**
 * Decodes a GPT-2 configuration; `where` names its source in faults.
 * Faults (tag `config`): everything that is wrong, all at once.
 */
export const decodeGpt2Config = (json: unknown, where = "config.json"): E.Either<readonly Fault[], Gpt2Config> =>
  pipe(
    decodeSettings(SETTINGS)(json, where),
    E.flatMap((found) =>
      unlessFaults(
        found,
        unless(
          found.n_embd % found.n_head === 0,
          where,
          "n_head",
          `a divisor of n_embd (${found.n_embd})`,
          found.n_head,
        ),
      ),
    ),
    E.map(toConfig),
  );
