// What is trained? A small Llama for the world's words: its config.json, the family's expression of it for several sequences
// side by side, and the values that training begins with. So what is learnt is a checkpoint like any other.
import { type Expr, f32, type Graph, leavesOf, orThrow, sizeOf, type Tensor, type Tensors } from "@depass/graph";
import { decodeLlamaConfig, llama } from "@depass/models";
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

/** Logits `[T·S, V]` of `tokens` `[T, S]`. */
export const logitsOf = (vocabulary: number, sequences: number): Expr => {
  const { normed, unembed } = llama(orThrow(decodeLlamaConfig(configJson(vocabulary), "config.json")), sequences);
  return unembed(normed);
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
