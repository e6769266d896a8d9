// A checkpoint folder as Hugging Face lays it out, made on the spot: a Llama of two layers with random weights and a
// tokenizer of a few words and all letters. Its tensors' names and shapes are those that the family's graph asks for.
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { orThrow } from "@depass/graph";
import { architectureOf, entryOf, writeSafetensors } from "@depass/models";
import { randomWeights } from "./random-weights.ts";

const words = ["The", "▁capital", "▁of", "▁France", "▁is", "▁Paris", "▁Rome", "▁a", "▁city", "▁in"];
const letters = [..."▁.,abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"];

/** Unigram: the pieces of a text are those whose scores sum highest. */
const tokenizer = {
  added_tokens: [{ id: 0, content: "<unk>", special: true }],
  normalizer: null,
  pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "never", split: true },
  post_processor: null,
  decoder: { type: "Metaspace", replacement: "▁", prepend_scheme: "never", split: true },
  model: {
    type: "Unigram",
    unk_id: 0,
    vocab: [["<unk>", 0], ...words.map((word) => [word, -1]), ...letters.map((letter) => [letter, -9])],
  },
};

const config = {
  model_type: "llama",
  architectures: ["LlamaForCausalLM"],
  vocab_size: tokenizer.model.vocab.length,
  hidden_size: 32,
  intermediate_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 128,
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
};

/** The path of a new folder in the system's temporary one; whoever asks for it removes it. */
export const tinyCheckpoint = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), "depass-example-"));
  const { normed, unembed } = orThrow(architectureOf(config, "config.json"));
  const weights = Object.entries(randomWeights({ logits: unembed(normed) }, 5));
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  await writeFile(join(folder, "tokenizer.json"), JSON.stringify(tokenizer));
  await writeSafetensors(
    join(folder, "model.safetensors"),
    weights.map(([name, values]) => entryOf(name, values)),
  )().then(orThrow);
  return folder;
};
