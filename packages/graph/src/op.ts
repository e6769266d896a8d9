// The closed vocabulary. One entry per op: its parameters, its formula and its shapes. Everything else that is known
// of an op stands in the table of that concern (shape, expand, evaluate, linearity, twin), and each table is total:
// the compiler lists what a new op still lacks.
//
// Letters: T tokens, M parts, D hidden, H heads, K key/value heads, F head width, I MLP width, V vocabulary, L layers.
// Every op acts on its trailing axes, and axes count from the end (-1 is the last one): so an axis put in front, the
// parts axis, goes through any op untouched. `…` stands for leading axes, which broadcast as in NumPy.
import type { Dim, Shape } from "./dim.ts";

type None = Readonly<Record<never, never>>;
type Axis = { readonly axis: number };
export type Activation = "silu" | "gelu" | "geluTanh" | "relu";

export type Primitives = {
  /** Given anew at each run: a tensor by name. */
  readonly input: { readonly name: string; readonly shape: Shape; readonly dtype: "f32" | "i32" };
  /** A checkpoint's tensor by name; stays on the device in its stored type. */
  readonly weight: { readonly name: string; readonly shape: Shape };
  /** Literal values, row-major. */
  readonly constant: { readonly shape: readonly number[]; readonly values: readonly number[] };
  /** 0, 1, 2, …: `[size]`. */
  readonly iota: { readonly size: Dim };
  /** A symbolic size as a scalar `[]`. */
  readonly size: { readonly of: Dim };

  readonly neg: None;
  readonly exp: None;
  readonly log: None;
  readonly sqrt: None;
  readonly sin: None;
  readonly cos: None;
  readonly tanh: None;
  /** The error function 2/√π ∫₀ˣ exp(-t²) dt. */
  readonly erf: None;
  /** Rounded to the nearest binary32: where a reference computes in f32 whatever the model's type. */
  readonly roundF32: None;

  readonly add: None;
  readonly sub: None;
  readonly mul: None;
  readonly div: None;
  readonly maximum: None;
  /** 1 where a < b, else 0. */
  readonly less: None;
  /** 1 where a = b, else 0. */
  readonly equal: None;
  /** (condition, a, b): a where the condition is not 0, else b. */
  readonly where: None;

  /** Σ over one axis, kept with size 1. */
  readonly sum: Axis;
  /** The largest along one axis, kept with size 1. */
  readonly max: Axis;
  /** `[…, i, k] · […, k, j] → […, i, j]`. */
  readonly matmul: None;

  /** The last `rank` axes are read anew as `to`, row-major. */
  readonly reshape: { readonly rank: number; readonly to: Shape };
  /** The last `order.length` axes in a new order: output axis -n+i is input axis `order[i]` (negative). */
  readonly transpose: { readonly order: readonly number[] };
  /** The last axes repeated to `to`. */
  readonly broadcast: { readonly to: Shape };
  /** `size` elements of one axis from `start` on. */
  readonly slice: { readonly axis: number; readonly start: Dim; readonly size: Dim };
  readonly concat: Axis;
  /** (x, index): x with `axis` replaced by the index's axes, out[…, i, …] = x[…, index[i], …]. */
  readonly gather: Axis;
  /** (x, index): gather's transpose: the index's axes become `axis`, of `size`; out[…, v, …] = Σ_{index[i]=v} x[…, i, …]. */
  readonly scatterAdd: Axis & { readonly size: Dim };
  /** The identity; what flows through it belongs to no part: decompose() takes it from the whole. */
  readonly freeze: None;
};

/** `special`: where the parts' first token is set apart (method.md, "Special token and remainder"). */
export type Special = "ignore" | "keep";

/** What makes the shares of the parts' gate inputs (method.md, "Rules"). */
export type Shares = "softmax" | "max" | "relu" | "linear";

type Sharing = {
  readonly shares: Shares;
  /** What softmax divides by; 1 where the shares are others. */
  readonly temperature: number;
  readonly special: Special;
};

export type Composites = {
  /** (x, w): `[…, D] · [N, D]ᵀ → […, N]`. */
  readonly linear: None;
  /** exp(x) / Σ exp(x) over the last axis. */
  readonly softmax: None;
  /** log Σ exp(x) over the last axis: `[…, N] → […, 1]`. */
  readonly logSumExp: None;
  /** 1 / √(mean x² + eps) over the last axis: `[…, D] → […, 1]`. Zhang & Sennrich 2019, eq. 4. */
  readonly rmsScale: { readonly eps: number };
  /** 1 / √(mean (x - mean x)² + eps) over the last axis: `[…, D] → […, 1]`. Ba et al. 2016. */
  readonly layerScale: { readonly eps: number };
  /** (x, gain): x · freeze(rmsScale x) · gain. */
  readonly rmsNorm: { readonly eps: number };
  /** (x, gain, shift): (x - mean x) · freeze(layerScale x) · gain + shift. */
  readonly layerNorm: { readonly eps: number };
  /** An MLP's non-linearity on the pre-activation `[…, I]`; decompose() splits it by the rule. */
  readonly activate: { readonly activation: Activation };
  /** (gate, up): activation(gate) · up, `[…, I]`; decompose() splits it by the shares of the gate. */
  readonly gated: { readonly activation: Activation };
  /** (x, cos, sin): `[T, H, F]`, tables `[T, F/2]`; halves turned: Su et al. 2021 as in GPT-NeoX and Llama. */
  readonly rope: None;
  /**
   * (q, k): `[T, H, F], [T, K, F] → [H, T, T]`: freeze(softmax(s)), causal, s = scale · q kᵀ. With a softcap c it is
   * c · tanh(s / c) instead of s (Gemma 2); with a window a query sees that many keys, the last of which is its own
   * (Beltagy et al. 2020).
   */
  readonly attentionWeights: { readonly scale: number; readonly window?: number; readonly softcap?: number };
  /** (weights, v): `[H, T, T], […, T, K, F] → […, T, H, F]`: head h mixes the values of group h·K/H. */
  readonly attend: None;

  /** The places of the k largest along the last axis, largest first, of equal ones the first: `[…, N] → […, k]`. */
  readonly topK: { readonly k: number };
  /**
   * (x, experts, chosen): `[…, T, D], [E, I, D], [T, k] → […, T, k·I]`: each token through the maps that it has chosen, their
   * results side by side: out[…, t, j·I + i] = Σ_d x[…, t, d] · experts[chosen[t, j], i, d]. Shazeer et al. 2017.
   */
  readonly toExperts: None;
  /**
   * (x, experts, chosen): `[…, T, k·I], [E, D, I], [T, k] → […, T, D]`: what each chosen map makes of its share of the columns,
   * added up: out[…, t, d] = Σ_j Σ_i x[…, t, j·I + i] · experts[chosen[t, j], d, i].
   */
  readonly fromExperts: None;

  /** The token seed (whole): `[T, D] → [T + extras, T, D]`: part i is the state of token i; extras are zero. */
  readonly tokenParts: { readonly extras: number };
  /** (parts, constant): the constant added to one part, counted from the first. */
  readonly addToPart: { readonly part: Dim; readonly rank: number };
  /** (gate parts, neurons): `[M, T, I], [T, I] → [M, T, I]`: the neurons split by shares of the gates. */
  readonly split: Sharing & { readonly remainder: Dim };

  /** (x): `[T, …] → [R, …]`: packed rows of causal parts (rows.ts), each with its token's row of x. */
  readonly tokenRows: Rows;
  /** (whole): tokenParts, packed: `[T, D] → [R, D]`. */
  readonly seedRows: Rows;
  /** (weights, v): attend, packed: `[H, T, T], [R, K, F] → [R, H, F]`. */
  readonly attendRows: Rows;
  /** (rows, constant): addToPart, packed; `part` counts the extras. */
  readonly addToRows: Rows & { readonly part: number };
  /** (gate rows, neurons): split, packed: `[R, I], [T, I] → [R, I]`. */
  readonly splitRows: Rows & Sharing & { readonly remainder: number };
  /** (rows, position): one token's parts, `[R, D], [1] → [T + extras, 1, D]`. */
  readonly partsAt: Rows;
  /** (rows): `[R, …] → [T + extras, T, …]`, zeros where a part cannot reach. */
  readonly unpackRows: Rows;
};

type Rows = { readonly extras: number; readonly tokens: Dim };

export type Ops = Primitives & Composites;
export type OpName = keyof Ops;
export type PrimitiveName = keyof Primitives;
export type CompositeName = keyof Composites;
