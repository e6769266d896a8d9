// Which GPT-NeoX is this? The config.json of a GPTNeoXForCausalLM (Pythia, GPT-NeoX-20B, Dolly, …) becomes a typed record,
// or the faults of every setting that is wrong, unknown or not supported.
// Source: transformers, models/gpt_neox/configuration_gpt_neox.py.
import { type Activation, type Fault, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as t from "io-ts";
import {
  decode,
  flag,
  layerCount,
  oneOf,
  orElse,
  positiveInteger,
  positiveNumber,
  tokenId,
  tokenIds,
} from "../config.ts";
import { describe, isRecord } from "../describe.ts";
import { decodeRope, type Rope } from "../rope.ts";
import { turnedWidth } from "../rotary.ts";
import { decodeSettings, unless, unlessFaults } from "../settings.ts";
import { activationName, activationOf } from "./activations.ts";
import { architecture, checkTurn } from "./decoder.config.ts";

/** Sizes as in the glossary: V vocab, D hidden, L layers, H heads, F headWidth, I mlpWidth. */
export type GptNeoxConfig = {
  readonly vocab: number;
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly headWidth: number;
  readonly mlpWidth: number;
  readonly eps: number;
  /** Of a part of each head. */
  readonly rope: Rope;
  /** Attention and MLP read the same state. */
  readonly parallel: boolean;
  /** Biases on the attention's maps; everything else always has them. */
  readonly attentionBias: boolean;
  readonly tied: boolean;
  readonly activation: Activation;
  readonly context: number;
  readonly bos?: number;
  readonly eos: readonly number[];
};

type Result<A> = E.Either<readonly Fault[], A>;

const SETTINGS = {
  family: "gpt_neox",
  understood: {
    model_type: oneOf("gpt_neox"),
    architectures: architecture("GPTNeoXForCausalLM"),
    vocab_size: positiveInteger,
    hidden_size: positiveInteger,
    num_hidden_layers: layerCount,
    num_attention_heads: positiveInteger,
    intermediate_size: positiveInteger,
    layer_norm_eps: orElse(positiveNumber, 1e-5),
    hidden_act: orElse(activationName, "gelu" as const),
    use_parallel_residual: orElse(flag, true),
    attention_bias: orElse(flag, true),
    tie_word_embeddings: orElse(flag, false),
    max_position_embeddings: orElse(positiveInteger, 2048),
    bos_token_id: orElse(tokenId, undefined),
    eos_token_id: tokenIds,
    rotary_pct: orElse(positiveNumber, undefined),
    rotary_emb_base: orElse(positiveNumber, undefined),
    // Decoded together by rope.ts.
    rope_theta: t.unknown,
    rope_scaling: t.unknown,
    rope_parameters: t.unknown,
  },
  neutral: {},
  harmless: ["classifier_dropout", "gradient_checkpointing"],
};

type Found = t.TypeOfProps<typeof SETTINGS.understood>;

/** What transformers assumes where a config says nothing. */
const DEFAULT_SHARE = 0.25;

const GROUPS = ["rope_parameters", "rope_scaling"] as const;

const shareIn = (group: unknown, where: string): Result<number | undefined> =>
  isRecord(group)
    ? decode(orElse(positiveNumber, undefined))(group.partial_rotary_factor, `${where}.partial_rotary_factor`)
    : E.right(undefined);

/** Which share of a head is turned: rotary_pct, or the newer partial_rotary_factor of the rope's group. */
const shareOf = (found: Found, where: string): Result<number> =>
  pipe(
    GROUPS,
    E.traverseArray((key) => shareIn(found[key], `${where} at ${key}`)),
    E.flatMap((shares) => {
      const [first, ...others] = [found.rotary_pct, ...shares].filter((s) => s !== undefined);
      const other = others.find((s) => s !== first);
      return other === undefined
        ? E.right(first ?? DEFAULT_SHARE)
        : E.left([
            fault(
              "config",
              `${where} at partial_rotary_factor`,
              `the same as before (${first})`,
              describe(other),
              "keep the right one",
            ),
          ]);
    }),
  );

/** The rope without the share, and with this family's own name for theta. */
const ropeOf = (found: Found, where: string): Result<Rope> => {
  const whole = (group: unknown): unknown => {
    if (!isRecord(group)) return group;
    const { partial_rotary_factor: _, ...rest } = group;
    return rest;
  };
  const { rope_theta: theta, rotary_emb_base: base } = found;
  const groups = Object.fromEntries(GROUPS.map((key) => [key, whole(found[key])]));
  return base !== undefined && theta !== undefined && theta !== null && theta !== base
    ? E.left([fault("config", `${where} at rope_theta`, `the same as rotary_emb_base (${base})`, describe(theta))])
    : decodeRope({ ...found, ...groups, rope_theta: theta ?? base }, where);
};

const toConfig = (found: Found, rope: Rope, share: number): GptNeoxConfig => ({
  vocab: found.vocab_size,
  hidden: found.hidden_size,
  layers: found.num_hidden_layers,
  heads: found.num_attention_heads,
  headWidth: found.hidden_size / found.num_attention_heads,
  mlpWidth: found.intermediate_size,
  eps: found.layer_norm_eps,
  rope: { ...rope, partial: share },
  parallel: found.use_parallel_residual,
  attentionBias: found.attention_bias,
  tied: found.tie_word_embeddings,
  activation: activationOf(found.hidden_act),
  context: found.max_position_embeddings,
  ...(found.bos_token_id === undefined ? {} : { bos: found.bos_token_id }),
  eos: found.eos_token_id,
});

const checkSizes = (c: GptNeoxConfig, where: string): readonly Fault[] => {
  const { heads, hidden, headWidth, rope } = c;
  const rotaryWidth = turnedWidth(rope, headWidth);
  const fits = rotaryWidth >= 2 && rotaryWidth <= headWidth && rotaryWidth % 2 === 0;
  const turned = `a share that turns an even number of a head's ${headWidth} columns`;
  return Number.isInteger(headWidth)
    ? [
        ...unless(fits, where, "rotary_pct", turned, `${rotaryWidth} of them`),
        ...(fits ? checkTurn(rope, headWidth, where) : []),
      ]
    : unless(false, where, "num_attention_heads", `a divisor of hidden_size (${hidden})`, heads);
};

/**
 * Decodes a GPT-NeoX configuration; `where` names its source in faults.
 * Faults (tag `config`): everything that is wrong, all at once.
 */
export const decodeGptNeoxConfig = (json: unknown, where = "config.json"): Result<GptNeoxConfig> =>
  pipe(
    decodeSettings(SETTINGS)(json, where),
    E.bindTo("found"),
    E.bind("share", ({ found }) => shareOf(found, where)),
    E.bind("rope", ({ found }) => ropeOf(found, where)),
    E.map(({ found, rope, share }) => toConfig(found, rope, share)),
    E.flatMap((config) => unlessFaults(config, checkSizes(config, where))),
  );
