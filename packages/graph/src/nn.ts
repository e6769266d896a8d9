// Constructors of what transformers are made of, over the composites: data last, as in `pipe(x, rmsNorm(g, eps))`.
import { type DimLike, times } from "./dim.ts";
import { at, type Expr, node } from "./expr.ts";
import type { Activation, Composites } from "./op.ts";
import {
  add,
  concat,
  constant,
  cos,
  div,
  equal,
  freeze,
  gather,
  input,
  iota,
  mul,
  reshape,
  roundF32,
  scalar,
  sin,
  size,
  slice,
  sub,
  sum,
  tanh,
  where,
} from "./syntax.ts";

/** A linear map stored `[out, in]`, with its bias `[out]` if it has one. */
export type Linear = { readonly weight: Expr; readonly bias?: Expr };

/** `[…, D] → […, N]`: x·Wᵀ + b. */
export const linear =
  (map: Expr | Linear) =>
  (x: Expr): Expr => {
    const { weight, bias }: Linear = "op" in map ? { weight: map } : map;
    const product = node("linear", {}, x, weight);
    return bias === undefined ? product : add(product, bias);
  };

/** Rows of a table `[V, D]` by ids `[T]`: `[T, D]`. */
export const embedding = (table: Expr, ids: Expr): Expr => gather(-2, ids)(table);

export const softmax = (x: Expr): Expr => node("softmax", {}, x);

/** log Σ exp(x) over the last axis, which stays as 1; nothing overflows. */
export const logSumExp = (x: Expr): Expr => node("logSumExp", {}, x);

export const rmsNorm =
  (gain: Expr, eps: number) =>
  (x: Expr): Expr =>
    node("rmsNorm", { eps }, x, gain);

export const layerNorm =
  (gain: Expr, shift: Expr, eps: number) =>
  (x: Expr): Expr =>
    node("layerNorm", { eps }, x, gain, shift);

/** x + f(x), the residual stream's step; `branch` names f(x), `stream` the sum. */
export const residual =
  (f: (x: Expr) => Expr, sites: { readonly branch?: string; readonly stream?: string } = {}) =>
  (x: Expr): Expr =>
    named(sites.stream, add(x, named(sites.branch, f(x))));

const named = (site: string | undefined, x: Expr): Expr => (site === undefined ? x : at(site)(x));

export const activate =
  (activation: Activation) =>
  (z: Expr): Expr =>
    node("activate", { activation }, z);

/** activation(gate) · up, the neurons of a gated MLP. */
export const gated = (activation: Activation, gate: Expr, up: Expr): Expr => node("gated", { activation }, gate, up);

/** `[T, D] → [T, D]`: (act(x Wgᵀ) · x Wuᵀ) Wdᵀ. Shazeer 2020, eq. 6. */
export const gatedMlp =
  (config: {
    readonly activation: Activation;
    readonly gate: Expr | Linear;
    readonly up: Expr | Linear;
    readonly down: Expr | Linear;
    /** Names the neurons `[T, I]`. */
    readonly site?: string;
  }) =>
  (x: Expr): Expr =>
    linear(config.down)(named(config.site, gated(config.activation, linear(config.gate)(x), linear(config.up)(x))));

/** The MLP without a gate, as in GPT-2: act(x Wᵀ) W'ᵀ. */
export const mlp =
  (config: {
    readonly activation: Activation;
    readonly up: Expr | Linear;
    readonly down: Expr | Linear;
    /** Names the neurons `[T, I]`. */
    readonly site?: string;
  }) =>
  (x: Expr): Expr =>
    linear(config.down)(named(config.site, activate(config.activation)(linear(config.up)(x))));

/**
 * Experts: each token goes through the `chosen` of `experts` gated MLPs that its router finds likeliest, and their results
 * are added by that likelihood; `normalized`: with likelihoods that sum to one. `[T, D] → [T, D]`. Which experts, and how
 * much of each, is frozen, as attention weights are. Likelihoods are computed in f32 whatever the model's type (transformers,
 * `MixtralTopKRouter`), and their rounding may decide which is larger. Shazeer et al. 2017; Jiang et al. 2024.
 */
export const experts =
  (config: {
    readonly activation: Activation;
    /** One row of logits a token: `[E, D]`. */
    readonly router: Expr | Linear;
    readonly chosen: number;
    readonly normalized: boolean;
    /** Maps of the experts in order: gate and up `[I, D]`, down `[D, I]`. */
    readonly gate: readonly Expr[];
    readonly up: readonly Expr[];
    readonly down: readonly Expr[];
    /** I and D. */
    readonly neurons: number;
    readonly hidden: number;
    /** Names the neurons of each token's experts, times their expert's likelihood: `[T, k·I]`. */
    readonly site?: string;
    /** Names the same before that product: what a rule splits. */
    readonly expertSite?: string;
  }) =>
  (x: Expr): Expr => {
    const { chosen: k, neurons: I, hidden: D } = config;
    const E = config.gate.length;
    const likely = roundF32(softmax(roundF32(linear(config.router)(x))));
    const chosen = freeze(topK(k)(likely));
    const own = sum(-1)(where(equal(reshape(1, [k, 1])(chosen), iota(E)), reshape(1, [1, E])(likely), 0));
    const share = freeze(config.normalized ? roundF32(div(own, sum(-2)(own))) : own);
    const gate = toExperts(stack(config.gate, [I, D]), chosen)(x);
    const up = toExperts(stack(config.up, [I, D]), chosen)(x);
    const perExpert = reshape(1, [k, I])(named(config.expertSite, gated(config.activation, gate, up)));
    const weighted = named(config.site, reshape(2, [k * I])(mul(perExpert, share)));
    return fromExperts(stack(config.down, [D, I]), chosen)(weighted);
  };

/** Matrices of one shape behind each other: `[E, …]`. */
export const stack = (matrices: readonly Expr[], shape: readonly DimLike[]): Expr =>
  concat(-1 - shape.length, ...matrices.map(reshape(shape.length, [1, ...shape])));

/** Places of the k largest along the last axis, of equal ones the first. */
export const topK =
  (k: number) =>
  (x: Expr): Expr =>
    node("topK", { k }, x);

/** `[…, T, D] → […, T, k·I]` through the maps `[E, I, D]` that `chosen` `[T, k]` names for each token. */
export const toExperts =
  (maps: Expr, chosen: Expr) =>
  (x: Expr): Expr =>
    node("toExperts", {}, x, maps, chosen);

/** `[…, T, k·I] → […, T, D]` through the maps `[E, D, I]`, added up. */
export const fromExperts =
  (maps: Expr, chosen: Expr) =>
  (x: Expr): Expr =>
    node("fromExperts", {}, x, maps, chosen);

/**
 * Rotary tables, each `[T, F/2]`, of positions 0 … T-1. Su et al. 2021, eq. 34. Every published model computes them in
 * f32 even where the rest is wider (transformers, `LlamaRotaryEmbedding`), so their rounding is part of the model.
 */
export type RotaryTables = { readonly cos: Expr; readonly sin: Expr };

/** `inverseFrequencies` `[F/2]`: radians per token; an expression where they follow from the number of tokens. */
export const rotaryTables = (
  tokens: DimLike,
  inverseFrequencies: readonly number[] | Expr,
  magnitude = 1,
): RotaryTables => {
  const frequencies = "op" in inverseFrequencies ? inverseFrequencies : constant(inverseFrequencies);
  const positions = reshape(1, [tokens, 1])(iota(tokens));
  const angles = roundF32(mul(positions, roundF32(frequencies)));
  const scaled = (x: Expr): Expr => (magnitude === 1 ? x : roundF32(mul(x, scalar(Math.fround(magnitude)))));
  return { cos: scaled(roundF32(cos(angles))), sin: scaled(roundF32(sin(angles))) };
};

export const rope =
  (tables: RotaryTables) =>
  (x: Expr): Expr =>
    node("rope", {}, x, tables.cos, tables.sin);

/** The first `turned` of a head's `width` columns are turned, the others left as they are. */
const partialRope = (tables: RotaryTables, turned: number, width: number): ((x: Expr) => Expr) =>
  turned === width
    ? rope(tables)
    : (x) => concat(-1, rope(tables)(slice(-1, 0, turned)(x)), slice(-1, turned, width - turned)(x));

/** cap · tanh(x / cap): close to x where that is small, never beyond ±cap. Gemma 2 report, section 2. */
export const softcapped =
  (cap: number) =>
  (x: Expr): Expr =>
    mul(tanh(div(x, cap)), cap);

/** What bounds attention: see attentionWeights in op.ts. */
export type AttentionLimits = Omit<Composites["attentionWeights"], "scale">;

/** Frozen causal attention weights `[H, T, T]` of q `[T, H, F]` and k `[T, K, F]`. */
export const attentionWeights =
  (scale: number, limits: AttentionLimits = {}) =>
  (q: Expr, k: Expr): Expr =>
    node("attentionWeights", { scale, ...limits }, q, k);

/** Values `[T, K, F]` mixed by weights `[H, T, T]`: `[T, H, F]`. */
export const attend = (weights: Expr, values: Expr): Expr => node("attend", {}, weights, values);

type Step = (x: Expr) => Expr;
const same: Step = (x) => x;
const projected = (map: Expr | Linear | Step): Step => (typeof map === "function" ? map : linear(map));

/**
 * Multi-head causal attention with grouped queries, `[T, D] → [T, D]`. Vaswani 2017; Ainslie 2023 for K < H.
 *
 * Several sequences of T tokens at once are rows `[T·S, D]`, row t·S + s for token t of sequence s: read as
 * `[T, S·H, F]` without a movement, the heads of another sequence are but further heads. It is Megatron-LM's [s, b, h].
 */
export const attention =
  (config: {
    readonly tokens: DimLike;
    /** S, 1 unless given. */
    readonly sequences?: number;
    readonly heads: number;
    readonly kvHeads?: number;
    readonly headWidth: number;
    /** Linear maps, or what else makes a row `[T, H·F]` of q or `[T, K·F]` of k. */
    readonly q: Expr | Linear | Step;
    readonly k: Expr | Linear | Step;
    readonly v: Expr | Linear;
    readonly o: Expr | Linear;
    /** What is done to each head of q and k, `[T, H, F]`, before it is turned. */
    readonly headNorms?: { readonly q: Step; readonly k: Step };
    readonly rotary?: RotaryTables;
    /** Columns of a head that the tables are for, from the first on; all unless given. */
    readonly rotaryWidth?: number;
    /** 1/√F unless given. */
    readonly scale?: number;
    readonly limits?: AttentionLimits;
    /** Names the mixed heads `[T, S·H, F]`. */
    readonly site?: string;
  }) =>
  (x: Expr): Expr => {
    const { tokens, sequences = 1, heads, kvHeads = heads, headWidth, rotary, rotaryWidth = headWidth } = config;
    const split = (count: number) => reshape(2, [tokens, sequences * count, headWidth]);
    const turned = rotary === undefined ? same : partialRope(rotary, rotaryWidth, headWidth);
    const { q: normQ, k: normK } = config.headNorms ?? { q: same, k: same };
    const q = turned(normQ(split(heads)(projected(config.q)(x))));
    const k = turned(normK(split(kvHeads)(projected(config.k)(x))));
    const v = split(kvHeads)(linear(config.v)(x));
    const weights = attentionWeights(config.scale ?? 1 / Math.sqrt(headWidth), config.limits)(q, k);
    const mixed = named(config.site, attend(weights, v));
    return linear(config.o)(reshape(3, [times(tokens, sequences), heads * headWidth])(mixed));
  };

/** The input `[T, S]`, a column for each sequence, as the rows `[T·S]` of attention's several sequences. */
export const columns = (name: string, tokens: DimLike, sequences: number, dtype: "f32" | "i32" = "i32"): Expr =>
  reshape(2, [times(tokens, sequences)])(input(name, [tokens, sequences], dtype));

/**
 * The mean over tokens of -log softmax(logits) at the target: `[T, V]` → `[]`, targets `[T]`, in nats. Each of the tokens
 * counts alike; slice both where some should not.
 */
export const crossEntropy =
  (config: { readonly tokens: DimLike; readonly vocabulary: DimLike; readonly targets: Expr }) =>
  (logits: Expr): Expr => {
    const { tokens, vocabulary, targets } = config;
    const words = iota(vocabulary);
    // Targets are read by a gather, so that a run refuses what is no word.
    const chosen = equal(reshape(1, [tokens, 1])(gather(-1, targets)(words)), words);
    const losses = sub(logSumExp(logits), sum(-1)(where(chosen, logits, 0)));
    return reshape(2, [])(div(sum(-2)(losses), size(tokens)));
  };

/** The logits `[T, V]` of normed states, by an unembedding stored `[V, D]`. */
export const unembed =
  (table: Expr) =>
  (x: Expr): Expr =>
    linear(table)(x);
