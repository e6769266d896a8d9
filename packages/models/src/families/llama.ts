// Llama (Touvron et al. 2023; Llama 3's rope and grouped queries) and what shares its shape: Qwen2 differs by which
// linear maps carry a bias. Source of names and order: Hugging Face `modeling_llama.py`, `modeling_qwen2.py`.
import {
  at,
  attention,
  type Expr,
  embedding,
  gatedMlp,
  input,
  type Linear,
  linear,
  residual,
  rmsNorm,
  rotaryTables,
  weight,
} from "@depass/graph";
import { flow, pipe } from "fp-ts/lib/function.js";
import type { Architecture } from "../architecture.ts";
import { inverseFrequencies } from "../rope.ts";
import { site } from "../sites.ts";
import type { LlamaConfig } from "./llama.config.ts";

/** The architecture's dimensions and which linear maps have a bias. */
export type LlamaShape = Omit<LlamaConfig, "attentionBias"> & {
  readonly qkvBias: boolean;
  readonly outputBias: boolean;
};

const T = "T";

/** The forward pass of a Llama; its inputs are `tokens` `[T]`, its weights the checkpoint's names. */
export const llama = (config: LlamaConfig): Architecture =>
  llamaLike("llama", { ...config, qkvBias: config.attentionBias, outputBias: config.attentionBias });

/** Norm → attention → residual → norm → gated MLP → residual, L times; then norm and unembedding. */
export const llamaLike = (family: string, c: LlamaShape): Architecture => {
  const tables = rotaryTables(T, inverseFrequencies(c.rope, c.headWidth));
  const block = (x: Expr, layer: number): Expr =>
    pipe(
      x,
      residual(flow(norm(c, `layers.${layer}.input_layernorm`), attentionOf(c, layer, tables)), {
        branch: site.attnOut(layer),
        stream: site.residMid(layer),
      }),
      residual(flow(norm(c, `layers.${layer}.post_attention_layernorm`), mlpOf(c, layer)), {
        branch: site.mlpOut(layer),
        stream: layer + 1 < c.layers ? site.residPre(layer + 1) : site.residFinal,
      }),
    );
  const table = weight("model.embed_tokens.weight", [c.vocab, c.hidden]);
  const first = at(site.residPre(0))(embedding(table, input("tokens", [T], "i32")));
  const last = Array.from({ length: c.layers }, (_, layer) => layer).reduce(block, first);
  const normed = at(site.lnFinal)(norm(c, "norm")(last));
  const head = c.tied ? table : weight("lm_head.weight", [c.vocab, c.hidden]);
  return {
    family,
    layers: c.layers,
    hidden: c.hidden,
    vocabulary: c.vocab,
    context: c.context,
    normed,
    unembed: linear(head),
    unembedding: c.tied ? "model.embed_tokens.weight" : "lm_head.weight",
  };
};

const norm = (c: LlamaShape, name: string) => rmsNorm(weight(`model.${name}.weight`, [c.hidden]), c.eps);

const map = (layer: number, name: string, outs: number, ins: number, hasBias: boolean): Linear => {
  const full = `model.layers.${layer}.${name}`;
  const matrix = { weight: weight(`${full}.weight`, [outs, ins]) };
  return hasBias ? { ...matrix, bias: weight(`${full}.bias`, [outs]) } : matrix;
};

const attentionOf = (c: LlamaShape, layer: number, rotary: ReturnType<typeof rotaryTables>) => {
  const [wide, narrow] = [c.heads * c.headWidth, c.kvHeads * c.headWidth];
  return attention({
    tokens: T,
    heads: c.heads,
    kvHeads: c.kvHeads,
    headWidth: c.headWidth,
    rotary,
    site: site.attnZ(layer),
    q: map(layer, "self_attn.q_proj", wide, c.hidden, c.qkvBias),
    k: map(layer, "self_attn.k_proj", narrow, c.hidden, c.qkvBias),
    v: map(layer, "self_attn.v_proj", narrow, c.hidden, c.qkvBias),
    o: map(layer, "self_attn.o_proj", c.hidden, wide, c.outputBias),
  });
};

const mlpOf = (c: LlamaShape, layer: number) =>
  gatedMlp({
    activation: c.activation,
    site: site.mlpPost(layer),
    gate: map(layer, "mlp.gate_proj", c.mlpWidth, c.hidden, c.mlpBias),
    up: map(layer, "mlp.up_proj", c.mlpWidth, c.hidden, c.mlpBias),
    down: map(layer, "mlp.down_proj", c.hidden, c.mlpWidth, c.mlpBias),
  });
