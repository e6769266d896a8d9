// What other packages see of this one: checkpoints, tokenizers and the configurations of the families.

export * from "./architecture.ts";
export * from "./checkpoint.ts";
export * from "./config.ts";
export * from "./families/decoder.config.ts";
export * from "./families/llama.config.ts";
export * from "./families/llama.ts";
export * from "./families/qwen2.config.ts";
export * from "./families/qwen2.ts";
export * from "./families.ts";
export * from "./json.ts";
export * from "./model.ts";
export * from "./rope.ts";
export * from "./safetensors/header.ts";
export * from "./safetensors/read.ts";
export * from "./safetensors/write.ts";
export * from "./settings.ts";
export * from "./sites.ts";
export * from "./tokenizer.ts";
