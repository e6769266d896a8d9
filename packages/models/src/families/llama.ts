// Llama (Touvron et al. 2023; Llama 3's rope and grouped queries): what the other decoders vary.
// Source of names: Hugging Face `modeling_llama.py`.
import type { Architecture } from "../architecture.ts";
import { decoder } from "./decoder.ts";
import type { LlamaConfig } from "./llama.config.ts";

/** The forward pass of a Llama; its inputs are `tokens` `[T]`, its weights the checkpoint's names. */
export const llama = (config: LlamaConfig): Architecture =>
  decoder("llama", {
    ...config,
    biases: { qkv: config.attentionBias, output: config.attentionBias, mlp: config.mlpBias },
  });
