// The decoder that most families vary: a residual stream to which attention and a gated MLP add in turn, with RMS norms
// before or behind them. A family says how it differs from Llama (Touvron et al. 2023), and nothing here knows which it is.
// Source of names and order: Hugging Face `modeling_llama.py`.
import {
  add,
  at,
  attention,
  columns,
  type Expr,
  embedding,
  gatedMlp,
  input,
  type Linear,
  linear,
  mul,
  residual,
  rmsNorm,
  slice,
  weight,
} from "@depass/graph";
import { flow, pipe } from "fp-ts/lib/function.js";
import type { Architecture } from "../architecture.ts";
import type { Rope } from "../rope.ts";
import { rotaryOf } from "../rotary.ts";
import { site } from "../sites.ts";
import { unembeddingOf } from "../unembedding.ts";
import type { DecoderConfig } from "./decoder.config.ts";

type Step = (x: Expr) => Expr;

/** Names of the norms around a branch; where one is absent there is none. */
type Around = { readonly before?: string; readonly after?: string };

export type Decoder = DecoderConfig &
  Partial<Traits> & {
    /** Several sequences side by side: `tokens` are `[T, S]`, rows `[T·S, D]`. One, `[T]`, unless given. */
    readonly sequences?: number;
  };

/** What a family may have beyond the common sizes; absent means as in Llama. */
export type Traits = {
  /** Which linear maps have a bias. */
  readonly biases: { readonly qkv?: boolean; readonly output?: boolean; readonly mlp?: boolean };
  readonly norms: { readonly attention: Around; readonly mlp: Around };
  /** Gains of norms are stored as what they exceed 1 by. */
  readonly gainsFromOne: boolean;
  /** Norms on q and k before they turn: of each head, or of the whole row. */
  readonly queryKeyNorms: "head" | "row";
  /** q, k and v are one map, and so are gate and up. */
  readonly fused: boolean;
  /** How a layer's heads turn, and how many keys a query of it sees; none where absent. */
  readonly layer: (layer: number) => { readonly rope?: Rope | undefined; readonly window?: number | undefined };
  /** Factors on the embedding, on what each branch adds, on scores of attention (1/√F unless given) and on logits. */
  readonly scales: {
    readonly embedding?: number;
    readonly branch?: number;
    readonly attention?: number;
    readonly logit?: number;
  };
  /** What stands in place of a layer's gated MLP; the MLP where it gives nothing. */
  readonly mlp: (layer: number) => Step | undefined;
  readonly softcaps: { readonly attention?: number | undefined; readonly logit?: number | undefined };
};

const T = "T";
const LLAMA_NORMS = { attention: { before: "input_layernorm" }, mlp: { before: "post_attention_layernorm" } };

const scaled =
  (by = 1): Step =>
  (x) =>
    by === 1 ? x : mul(x, by);

/** Norm → attention → norm → residual, the same with the MLP, L times; then norm and unembedding. */
export const decoder = (family: string, c: Decoder): Architecture => {
  const block = blockOf(c);
  const table = weight("model.embed_tokens.weight", [c.vocab, c.hidden]);
  const tokens = c.sequences === undefined ? input("tokens", [T], "i32") : columns("tokens", T, c.sequences);
  const embedded = pipe(embedding(table, tokens), scaled(c.scales?.embedding));
  const layers = Array.from({ length: c.layers }, (_, layer) => layer);
  const last = layers.reduce(block, at(site.residPre(0))(embedded));
  return {
    family,
    layers: c.layers,
    hidden: c.hidden,
    vocabulary: c.vocab,
    context: c.context,
    normed: at(site.lnFinal)(norm(c, "model.norm", c.hidden)(last)),
    ...unembeddingOf(c.tied ? "model.embed_tokens.weight" : "lm_head.weight", [c.vocab, c.hidden], {
      scale: c.scales?.logit ?? 1,
      softcap: c.softcaps?.logit,
    }),
  };
};

const blockOf = (c: Decoder): ((x: Expr, layer: number) => Expr) => {
  const { attention: aroundAttention, mlp: aroundMlp } = c.norms ?? LLAMA_NORMS;
  const attends = attentionOf(c);
  return (x, layer) => {
    const branch = ({ before, after }: Around, f: Step): Step =>
      flow(normAt(c, layer, before), f, normAt(c, layer, after), scaled(c.scales?.branch));
    return pipe(
      x,
      residual(branch(aroundAttention, attends(layer)), { branch: site.attnOut(layer), stream: site.residMid(layer) }),
      residual(branch(aroundMlp, c.mlp?.(layer) ?? mlpOf(c, layer)), {
        branch: site.mlpOut(layer),
        stream: layer + 1 < c.layers ? site.residPre(layer + 1) : site.residFinal,
      }),
    );
  };
};

const norm = (c: Decoder, name: string, width: number): Step => {
  const stored = weight(`${name}.weight`, [width]);
  return rmsNorm(c.gainsFromOne === true ? add(1, stored) : stored, c.eps);
};

const normAt = (c: Decoder, layer: number, name: string | undefined): Step =>
  name === undefined ? (x) => x : norm(c, `model.layers.${layer}.${name}`, c.hidden);

const map = (layer: number, name: string, outs: number, ins: number, hasBias = false): Linear => {
  const full = `model.layers.${layer}.${name}`;
  const matrix = { weight: weight(`${full}.weight`, [outs, ins]) };
  return hasBias ? { ...matrix, bias: weight(`${full}.bias`, [outs]) } : matrix;
};

/** Maps of the state, each by its name; or, with the first name, rows of one matrix, in this order. */
const maps = (
  c: Decoder,
  layer: number,
  fused: string,
  entries: readonly (readonly [name: string, outs: number])[],
  hasBias?: boolean,
): readonly Linear[] => {
  if (c.fused !== true) return entries.map(([name, outs]) => map(layer, name, outs, c.hidden, hasBias));
  const rows = entries.reduce((sum, [, outs]) => sum + outs, 0);
  const { weight: matrix } = map(layer, fused, rows, c.hidden);
  const before = (i: number): number => entries.slice(0, i).reduce((sum, [, outs]) => sum + outs, 0);
  return entries.map(([, outs], i) => ({ weight: slice(-2, before(i), outs)(matrix) }));
};

/** One pair of tables for each rope, however many layers turn by it. */
const rotaries = (c: Decoder): ((rope: Rope) => ReturnType<typeof rotaryOf>) => {
  const made = new Map<Rope, ReturnType<typeof rotaryOf>>();
  return (rope) => {
    const found = made.get(rope) ?? rotaryOf(rope, c.headWidth, T);
    made.set(rope, found);
    return found;
  };
};

const attentionOf = (c: Decoder): ((layer: number) => Step) => {
  const [wide, narrow] = [c.heads * c.headWidth, c.kvHeads * c.headWidth];
  const rotary = rotaries(c);
  const softcap = c.softcaps?.attention;
  return (layer) => {
    const { rope, window } = c.layer === undefined ? { rope: c.rope } : c.layer(layer);
    const prefix = `model.layers.${layer}.self_attn`;
    const entries = [
      ["self_attn.q_proj", wide],
      ["self_attn.k_proj", narrow],
      ["self_attn.v_proj", narrow],
    ] as const;
    const [q, k, v] = maps(c, layer, "self_attn.qkv_proj", entries, c.biases?.qkv) as [Linear, Linear, Linear];
    const isByRow = c.queryKeyNorms === "row";
    const normed = (m: Linear, name: string, width: number): Linear | Step =>
      isByRow ? flow(linear(m), norm(c, `${prefix}.${name}`, width)) : m;
    const headNorms = { q: norm(c, `${prefix}.q_norm`, c.headWidth), k: norm(c, `${prefix}.k_norm`, c.headWidth) };
    return attention({
      tokens: T,
      sequences: c.sequences ?? 1,
      heads: c.heads,
      kvHeads: c.kvHeads,
      headWidth: c.headWidth,
      site: site.attnZ(layer),
      q: normed(q, "q_norm", wide),
      k: normed(k, "k_norm", narrow),
      v,
      o: map(layer, "self_attn.o_proj", c.hidden, wide, c.biases?.output),
      scale: c.scales?.attention ?? 1 / Math.sqrt(c.headWidth),
      limits: { ...(window !== undefined && { window }), ...(softcap !== undefined && { softcap }) },
      ...(c.queryKeyNorms === "head" && { headNorms }),
      ...(rope !== undefined && rotary(rope)),
    });
  };
};

const mlpOf = (c: Decoder, layer: number): Step => {
  const entries = [
    ["mlp.gate_proj", c.mlpWidth],
    ["mlp.up_proj", c.mlpWidth],
  ] as const;
  const [gate, up] = maps(c, layer, "mlp.gate_up_proj", entries, c.biases?.mlp) as [Linear, Linear];
  return gatedMlp({
    activation: c.activation,
    site: site.mlpPost(layer),
    gate,
    up,
    down: map(layer, "mlp.down_proj", c.hidden, c.mlpWidth, c.biases?.mlp),
  });
};
