// What other packages see of this one: checkpoints, tokenizers and the configurations of the families.

export * from "./browser.ts";
export * from "./chat.ts";
export * from "./checkpoint.ts";
export * from "./gguf/checkpoint.ts";
export * from "./gguf/read.ts";
export * from "./model.ts";
export * from "./safetensors/read.ts";
export * from "./safetensors/write.ts";
export * from "./tokenizer.ts";
