// Qwen2 and Qwen2.5 (Yang et al. 2024): Llama's architecture with biases on q, k and v and nowhere else.
// Source of names: Hugging Face `modeling_qwen2.py`.
import type { Architecture } from "../architecture.ts";
import { llamaLike } from "./llama.ts";
import type { Qwen2Config } from "./qwen2.config.ts";

export const qwen2 = (config: Qwen2Config): Architecture =>
  llamaLike("qwen2", { ...config, qkvBias: true, outputBias: false, mlpBias: false });
