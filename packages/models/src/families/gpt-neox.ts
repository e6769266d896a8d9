// GPT-NeoX (Black et al. 2022; Pythia, Biderman et al. 2023): rotary turns of a part of each head, LayerNorm before each
// branch, an MLP without a gate, biases. Attention and MLP usually read the same state, and both are added to it.
// Source of names and order: Hugging Face `modeling_gpt_neox.py`.
import {
  add,
  at,
  attention,
  type Expr,
  embedding,
  input,
  type Linear,
  layerNorm,
  mlp,
  reshape,
  slice,
  weight,
} from "@depass/graph";
import { flow } from "fp-ts/lib/function.js";
import type { Architecture } from "../architecture.ts";
import { rotaryOf } from "../rotary.ts";
import { site } from "../sites.ts";
import { unembeddingOf } from "../unembedding.ts";
import type { GptNeoxConfig } from "./gpt-neox.config.ts";

const T = "T";
const PREFIX = "gpt_neox.";

/** The forward pass of a GPT-NeoX; its input is `tokens` `[T]`, its weights have the checkpoint's names. */
export const gptNeox = (c: GptNeoxConfig): Architecture => {
  const rotary = rotaryOf(c.rope, c.headWidth, T);
  const table = weight(`${PREFIX}embed_in.weight`, [c.vocab, c.hidden]);
  const entry = at(site.residPre(0))(embedding(table, input("tokens", [T], "i32")));
  const last = Array.from({ length: c.layers }, (_, layer) => layer).reduce(blockOf(c, rotary), entry);
  return {
    family: "gpt_neox",
    layers: c.layers,
    hidden: c.hidden,
    vocabulary: c.vocab,
    context: c.context,
    normed: at(site.lnFinal)(norm(c, "final_layer_norm")(last)),
    ...unembeddingOf(c.tied ? `${PREFIX}embed_in.weight` : "embed_out.weight", [c.vocab, c.hidden]),
    prefix: PREFIX,
  };
};

/** Attention is added, then what the MLP makes of the state before (parallel) or behind that. */
const blockOf =
  (c: GptNeoxConfig, rotary: ReturnType<typeof rotaryOf>) =>
  (x: Expr, layer: number): Expr => {
    const attend = flow(norm(c, `layers.${layer}.input_layernorm`), attentionOf(c, layer, rotary));
    const think = flow(norm(c, `layers.${layer}.post_attention_layernorm`), mlpOf(c, layer));
    const middle = at(site.residMid(layer))(add(x, at(site.attnOut(layer))(attend(x))));
    const out = at(site.mlpOut(layer))(think(c.parallel ? x : middle));
    return at(layer + 1 < c.layers ? site.residPre(layer + 1) : site.residFinal)(add(middle, out));
  };

const norm = (c: GptNeoxConfig, name: string) =>
  layerNorm(weight(`${PREFIX}${name}.weight`, [c.hidden]), weight(`${PREFIX}${name}.bias`, [c.hidden]), c.eps);

const map = (name: string, ins: number, outs: number, hasBias = true): Linear => {
  const matrix = weight(`${PREFIX}${name}.weight`, [outs, ins]);
  return hasBias ? { weight: matrix, bias: weight(`${PREFIX}${name}.bias`, [outs]) } : { weight: matrix };
};

/** q, k or v of one map whose rows are each head's q, then its k, then its v: `[H·3·F, D] → [H·F, D]`. */
const third = (c: GptNeoxConfig, name: string, n: number): Linear => {
  const { heads: H, headWidth: F, hidden: D } = c;
  const fused = map(name, D, 3 * H * F, c.attentionBias);
  const rows = (x: Expr, rest: readonly number[]): Expr => {
    const perHead = reshape(1 + rest.length, [H, 3, F, ...rest])(x);
    return reshape(3 + rest.length, [H * F, ...rest])(slice(-2 - rest.length, n, 1)(perHead));
  };
  const matrix = { weight: rows(fused.weight, [D]) };
  return fused.bias === undefined ? matrix : { ...matrix, bias: rows(fused.bias, []) };
};

const attentionOf = (c: GptNeoxConfig, layer: number, rotary: ReturnType<typeof rotaryOf>) => {
  const name = `layers.${layer}.attention`;
  return attention({
    tokens: T,
    heads: c.heads,
    headWidth: c.headWidth,
    ...rotary,
    site: site.attnZ(layer),
    q: third(c, `${name}.query_key_value`, 0),
    k: third(c, `${name}.query_key_value`, 1),
    v: third(c, `${name}.query_key_value`, 2),
    o: map(`${name}.dense`, c.heads * c.headWidth, c.hidden, c.attentionBias),
  });
};

const mlpOf = (c: GptNeoxConfig, layer: number) =>
  mlp({
    activation: c.activation,
    site: site.mlpPost(layer),
    up: map(`layers.${layer}.mlp.dense_h_to_4h`, c.hidden, c.mlpWidth),
    down: map(`layers.${layer}.mlp.dense_4h_to_h`, c.mlpWidth, c.hidden),
  });
