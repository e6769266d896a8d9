// What is trained? A small Llama for the world's words: its expression for several sequences at once, its config.json, and
// the values that training begins with. Weights are called what a Llama checkpoint calls them, and the rows of a batch are
// as docs/training.md has them, so that what is learnt is a checkpoint like any other.
import {
  attention,
  type Expr,
  embedding,
  f32,
  type Graph,
  gatedMlp,
  input,
  leavesOf,
  linear,
  reshape,
  residual,
  rmsNorm,
  rotaryTables,
  sizeOf,
  type Tensor,
  type Tensors,
  times,
  weight,
} from "@depass/graph";
import { flow, pipe } from "fp-ts/lib/function.js";
import { type Random, randomOf } from "./random.ts";

/** Grouped queries: two heads share keys and values. */
const shape = {
  hidden: 128,
  mlp: 384,
  layers: 4,
  heads: 4,
  kvHeads: 2,
  headWidth: 32,
  theta: 10_000,
  eps: 1e-5,
};

/** Tokens that a prompt may have; training shows fewer. */
const CONTEXT = 64;

export const configJson = (vocabulary: number) => ({
  architectures: ["LlamaForCausalLM"],
  model_type: "llama",
  hidden_act: "silu",
  hidden_size: shape.hidden,
  intermediate_size: shape.mlp,
  num_hidden_layers: shape.layers,
  num_attention_heads: shape.heads,
  num_key_value_heads: shape.kvHeads,
  head_dim: shape.headWidth,
  max_position_embeddings: CONTEXT,
  rms_norm_eps: shape.eps,
  rope_theta: shape.theta,
  tie_word_embeddings: true,
  torch_dtype: "bfloat16",
  vocab_size: vocabulary,
  bos_token_id: 0,
});

const half = shape.headWidth / 2;
/** Rounded where published implementations round, so that the model is theirs to the last bit. */
const rotary = rotaryTables(
  "T",
  Array.from({ length: half }, (_, i) => Math.fround(1 / Math.fround(shape.theta ** Math.fround(i / half)))),
);

const layer =
  (sequences: number) =>
  (x: Expr, l: number): Expr => {
    const { hidden, mlp, heads, kvHeads, headWidth } = shape;
    const matrix = (part: string, out: number, of: number) => weight(`model.layers.${l}.${part}.weight`, [out, of]);
    const norm = (part: string) => rmsNorm(weight(`model.layers.${l}.${part}.weight`, [hidden]), shape.eps);
    const attend = attention({
      tokens: "T",
      sequences,
      heads,
      kvHeads,
      headWidth,
      rotary,
      q: matrix("self_attn.q_proj", heads * headWidth, hidden),
      k: matrix("self_attn.k_proj", kvHeads * headWidth, hidden),
      v: matrix("self_attn.v_proj", kvHeads * headWidth, hidden),
      o: matrix("self_attn.o_proj", hidden, heads * headWidth),
    });
    const think = gatedMlp({
      activation: "silu",
      gate: matrix("mlp.gate_proj", mlp, hidden),
      up: matrix("mlp.up_proj", mlp, hidden),
      down: matrix("mlp.down_proj", hidden, mlp),
    });
    return pipe(
      x,
      residual(flow(norm("input_layernorm"), attend)),
      residual(flow(norm("post_attention_layernorm"), think)),
    );
  };

/** `[T, S]`, a column for each sequence, as the rows `[T·S]` of a batch. */
export const column = (name: string, sequences: number, dtype: "i32" | "f32" = "i32"): Expr =>
  reshape(2, [times("T", sequences)])(input(name, ["T", sequences], dtype));

/** Logits `[T·S, V]` of `tokens` `[T, S]`. */
export const logitsOf = (vocabulary: number, sequences: number): Expr => {
  const table = weight("model.embed_tokens.weight", [vocabulary, shape.hidden]);
  return pipe(
    embedding(table, column("tokens", sequences)),
    (x) => [...Array(shape.layers).keys()].reduce(layer(sequences), x),
    rmsNorm(weight("model.norm.weight", [shape.hidden]), shape.eps),
    linear(table),
  );
};

/** Box and Muller 1958: numbers of mean 0 and deviation 1. */
const normal = (random: Random): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** What a layer adds to the stream begins small, the more layers there are. */
const spreadOf = (name: string, columns: number): number => {
  if (name.includes("embed")) return 0.05;
  return (/o_proj|down_proj/.test(name) ? 0.7 / Math.sqrt(2 * shape.layers) : 1) / Math.sqrt(columns);
};

const beginningOf = (name: string, sizes: readonly number[], random: Random): Tensor => {
  if (sizes.length === 1) return f32(sizes, new Float32Array(sizeOf(sizes)).fill(1));
  const spread = spreadOf(name, sizes.at(-1) as number);
  return f32(
    sizes,
    Float32Array.from({ length: sizeOf(sizes) }, () => spread * normal(random)),
  );
};

/** Gains of one, and matrices of noise. */
export const beginningsOf = (graph: Graph, seed: number): Tensors => {
  const random = randomOf(seed);
  const weights: Record<string, Tensor> = {};
  for (const { op, params } of leavesOf(graph))
    if (op === "weight") weights[params.name] ??= beginningOf(params.name, params.shape.map(Number), random);
  return weights;
};
