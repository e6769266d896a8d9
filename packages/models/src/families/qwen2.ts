// Qwen2 and Qwen2.5 (Yang et al. 2024): Llama's architecture with biases on q, k and v and nowhere else.
// Source of names: Hugging Face `modeling_qwen2.py`.
import type { Architecture } from "../architecture.ts";
import { decoder } from "./decoder.ts";
import type { Qwen2Config } from "./qwen2.config.ts";

export const qwen2 = (c: Qwen2Config): Architecture =>
  decoder("qwen2", { ...c, biases: { qkv: true }, layer: (l) => ({ rope: c.rope, window: c.windows[l] }) });
