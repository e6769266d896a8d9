// Which tokenizers of others are in shared/, and where?
import { existsSync } from "node:fs";
import { shared } from "../shared.ts";

export const styles = [
  "gpt2-style",
  "llama2-style",
  "llama3-style",
  "qwen2-style",
  "gemma-style",
  "unigram-style",
  "smollm2",
] as const;

export const folderOf = (style: string): string =>
  existsSync(shared("goldens", "tokenizers", style, "tokenizer.json"))
    ? shared("goldens", "tokenizers", style)
    : shared("models", "smollm2-135m");
