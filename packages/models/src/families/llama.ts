// Llama (Touvron et al. 2023; Llama 3's rope and grouped queries): what the other decoders vary.
// Source of names: Hugging Face `modeling_llama.py`.
import type { Architecture } from "../architecture.ts";
import { decoder } from "./decoder.ts";
import type { LlamaConfig } from "./llama.config.ts";

/**
 * The forward pass of a Llama; its inputs are `tokens` `[T]`, its weights the checkpoint's names. With `sequences`, S of them
 * side by side, as a model is trained: `tokens` are `[T, S]`, and states have the rows `[T·S, D]`.
 */
export const llama = (config: LlamaConfig, sequences?: number): Architecture =>
  decoder("llama", {
    ...config,
    ...(sequences === undefined ? {} : { sequences }),
    biases: { qkv: config.attentionBias, output: config.attentionBias, mlp: config.mlpBias },
  });
