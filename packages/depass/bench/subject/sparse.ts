// A checkpoint as large as a real one that takes no room on the disk: a Llama of 7B's shape in shards that are files of holes,
// so that all weights are zero. A folder goes in; what opening, planning and reading it cost is as with weights.

import { open, writeFile } from "node:fs/promises";
import { join } from "node:path";

const [LAYERS, HIDDEN, HEADS, MLP, VOCABULARY] = [32, 4096, 32, 11_008, 32_000];
const SHARDS = 3;

/** All of a 7B has 32 layers; fewer of that width take less time to run, and no other path. */
const configOf = (layers: number) => ({
  architectures: ["LlamaForCausalLM"],
  model_type: "llama",
  hidden_act: "silu",
  hidden_size: HIDDEN,
  intermediate_size: MLP,
  max_position_embeddings: 4096,
  num_attention_heads: HEADS,
  num_hidden_layers: layers,
  num_key_value_heads: HEADS,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: false,
  torch_dtype: "bfloat16",
  vocab_size: VOCABULARY,
});

type Named = readonly [name: string, shape: readonly number[]];

const layer = (l: number): readonly Named[] =>
  (
    [
      ["input_layernorm", [HIDDEN]],
      ["self_attn.q_proj", [HIDDEN, HIDDEN]],
      ["self_attn.k_proj", [HIDDEN, HIDDEN]],
      ["self_attn.v_proj", [HIDDEN, HIDDEN]],
      ["self_attn.o_proj", [HIDDEN, HIDDEN]],
      ["post_attention_layernorm", [HIDDEN]],
      ["mlp.gate_proj", [MLP, HIDDEN]],
      ["mlp.up_proj", [MLP, HIDDEN]],
      ["mlp.down_proj", [HIDDEN, MLP]],
    ] as const
  ).map(([name, shape]) => [`model.layers.${l}.${name}.weight`, shape]);

const tensorsOf = (layers: number): readonly Named[] => [
  ["model.embed_tokens.weight", [VOCABULARY, HIDDEN]],
  ...Array.from({ length: layers }, (_, l) => layer(l)).flat(),
  ["model.norm.weight", [HIDDEN]],
  ["lm_head.weight", [VOCABULARY, HIDDEN]],
];

const BF16 = 2; // bytes

/** A header, and a hole as long as its data. */
const writeShard = async (path: string, held: readonly Named[]): Promise<void> => {
  let at = 0;
  const entries = held.map(([name, shape]) => {
    const begin = at;
    at += shape.reduce((a, b) => a * b, BF16);
    return [name, { dtype: "BF16", shape, data_offsets: [begin, at] }];
  });
  const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const file = await open(path, "w");
  await file.write(Buffer.concat([length, header]));
  await file.truncate(8 + header.length + at);
  await file.close();
};

const tokenizer = {
  added_tokens: [],
  pre_tokenizer: { type: "WhitespaceSplit" },
  model: { type: "WordLevel", vocab: { a: 0, b: 1 }, unk_token: "a" },
};

/** Writes the checkpoint into an empty folder. */
export const writeSparse = async (folder: string, layers: number = LAYERS): Promise<void> => {
  const tensors = tensorsOf(layers);
  const nameOf = (i: number): string => `model-${i + 1}-of-${SHARDS}.safetensors`;
  const each = Math.ceil(tensors.length / SHARDS);
  const shards = Array.from({ length: SHARDS }, (_, i) => tensors.slice(i * each, (i + 1) * each));
  for (const [i, held] of shards.entries()) await writeShard(join(folder, nameOf(i)), held);
  const map = shards.flatMap((held, i) => held.map(([name]) => [name, nameOf(i)]));
  const index = { metadata: {}, weight_map: Object.fromEntries(map) };
  const files = { "config.json": configOf(layers), "tokenizer.json": tokenizer, "model.safetensors.index.json": index };
  for (const [name, json] of Object.entries(files)) await writeFile(join(folder, name), JSON.stringify(json));
};
