// GPT-2 (Radford et al. 2019): learned positions, LayerNorm before each branch, an MLP without a gate, biases everywhere.
// Its maps are stored `[in, out]` and turned here; q, k and v are thirds of one map's columns.
// Source of names and order: Hugging Face `modeling_gpt2.py`.
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
  residual,
  slice,
  transpose,
  weight,
} from "@depass/graph";
import { flow, pipe } from "fp-ts/lib/function.js";
import type { Architecture } from "../architecture.ts";
import { site } from "../sites.ts";
import { unembeddingOf } from "../unembedding.ts";
import type { Gpt2Config } from "./gpt2.config.ts";

const T = "T";
const PREFIX = "transformer.";

/** The forward pass of a GPT-2; its input is `tokens` `[T]`, its weights have the checkpoint's names. */
export const gpt2 = (c: Gpt2Config): Architecture => {
  const table = weight(`${PREFIX}wte.weight`, [c.vocab, c.hidden]);
  // A range of the rows and not a gather, so that a run refuses more tokens than there are rows.
  const positions = slice(-2, 0, T)(weight(`${PREFIX}wpe.weight`, [c.context, c.hidden]));
  const entry = at(site.residPre(0))(add(embedding(table, input("tokens", [T], "i32")), positions));
  const last = Array.from({ length: c.layers }, (_, layer) => layer).reduce(blockOf(c), entry);
  return {
    family: "gpt2",
    layers: c.layers,
    hidden: c.hidden,
    vocabulary: c.vocab,
    context: c.context,
    normed: at(site.lnFinal)(norm(c, "ln_f")(last)),
    ...unembeddingOf(c.tied ? `${PREFIX}wte.weight` : "lm_head.weight", [c.vocab, c.hidden]),
    prefix: PREFIX,
  };
};

/** Norm → attention → residual → norm → MLP → residual. */
const blockOf =
  (c: Gpt2Config) =>
  (x: Expr, layer: number): Expr =>
    pipe(
      x,
      residual(flow(norm(c, `h.${layer}.ln_1`), attentionOf(c, layer)), {
        branch: site.attnOut(layer),
        stream: site.residMid(layer),
      }),
      residual(flow(norm(c, `h.${layer}.ln_2`), mlpOf(c, layer)), {
        branch: site.mlpOut(layer),
        stream: layer + 1 < c.layers ? site.residPre(layer + 1) : site.residFinal,
      }),
    );

const norm = (c: Gpt2Config, name: string) =>
  layerNorm(weight(`${PREFIX}${name}.weight`, [c.hidden]), weight(`${PREFIX}${name}.bias`, [c.hidden]), c.eps);

/** Columns `first …` of a map stored `[in, out]`, `count` of them. */
const columns = (name: string, ins: number, outs: number, first: number, count: number): Linear => ({
  weight: transpose([-1, -2])(slice(-1, first, count)(weight(`${PREFIX}${name}.weight`, [ins, outs]))),
  bias: slice(-1, first, count)(weight(`${PREFIX}${name}.bias`, [outs])),
});

const map = (name: string, ins: number, outs: number): Linear => ({
  weight: transpose([-1, -2])(weight(`${PREFIX}${name}.weight`, [ins, outs])),
  bias: weight(`${PREFIX}${name}.bias`, [outs]),
});

const attentionOf = (c: Gpt2Config, layer: number) => {
  const third = (n: number): Linear =>
    columns(`h.${layer}.attn.c_attn`, c.hidden, 3 * c.hidden, n * c.hidden, c.hidden);
  return attention({
    tokens: T,
    heads: c.heads,
    headWidth: c.headWidth,
    scale: c.scaleOf(layer),
    site: site.attnZ(layer),
    q: third(0),
    k: third(1),
    v: third(2),
    o: map(`h.${layer}.attn.c_proj`, c.hidden, c.hidden),
  });
};

const mlpOf = (c: Gpt2Config, layer: number) =>
  mlp({
    activation: c.activation,
    site: site.mlpPost(layer),
    up: map(`h.${layer}.mlp.c_fc`, c.hidden, c.mlpWidth),
    down: map(`h.${layer}.mlp.c_proj`, c.mlpWidth, c.hidden),
  });
