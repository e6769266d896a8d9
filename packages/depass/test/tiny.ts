// What is the smallest checkpoint that the command takes? A Llama with random weights and a byte tokenizer with a few words,
// made in a folder of its own.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { f32, faultError, type Tensor } from "@depass/graph";
import { entryOf, writeSafetensors } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";

export type Sizes = {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly mlp: number;
  readonly context: number;
};

const smallest: Sizes = { layers: 2, hidden: 16, heads: 2, mlp: 24, context: 64 };

/** Ids 0 to 255 are bytes; then the merges, in order, and the special token. */
const merges = ["t h", "th e", "Ġ the", "Ġ P", "ĠP a", "ĠPa r", "ĠPar i", "ĠPari s"];
const words = merges.map((m) => m.replace(" ", ""));
export const THE = 258;
export const PARIS = 263;
const VOCABULARY = 256 + merges.length + 1;

const bytePieces = (): readonly string[] => {
  const printable = (b: number): boolean => (b >= 0x21 && b <= 0x7e) || (b >= 0xa1 && b <= 0xac) || b >= 0xae;
  let hidden = 256;
  return Array.from({ length: 256 }, (_, b) => String.fromCharCode(printable(b) ? b : hidden++));
};

const tokenizerJson = {
  added_tokens: [
    {
      id: VOCABULARY - 1,
      content: "<end>",
      special: true,
      normalized: false,
      lstrip: false,
      rstrip: false,
      single_word: false,
    },
  ],
  normalizer: null,
  pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
  post_processor: null,
  model: {
    type: "BPE",
    unk_token: null,
    vocab: Object.fromEntries([...bytePieces(), ...words].map((p, i) => [p, i])),
    merges,
  },
};

export const configJson = ({ layers, hidden, heads, mlp, context }: Sizes = smallest) => ({
  architectures: ["LlamaForCausalLM"],
  model_type: "llama",
  hidden_act: "silu",
  hidden_size: hidden,
  intermediate_size: mlp,
  max_position_embeddings: context,
  num_attention_heads: heads,
  num_hidden_layers: layers,
  num_key_value_heads: heads,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
  tie_word_embeddings: true,
  vocab_size: VOCABULARY,
});

/** Numbers from -scale to scale, the same in every run. */
const random = (seed: number) => {
  let state = seed;
  return (scale: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return scale * (state / 2 ** 31 - 1);
  };
};

const tensorsOf = ({ layers, hidden, mlp }: Sizes): ReadonlyMap<string, Tensor> => {
  const next = random(7);
  const some = (...shape: number[]): Tensor =>
    f32(
      shape,
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => next(1.5 / Math.sqrt(hidden))),
    );
  const ones = (): Tensor => f32([hidden], new Float32Array(hidden).fill(1));
  const layer = (l: number): readonly (readonly [string, Tensor])[] => [
    [`model.layers.${l}.input_layernorm.weight`, ones()],
    [`model.layers.${l}.post_attention_layernorm.weight`, ones()],
    ...["q", "k", "v", "o"].map((n) => [`model.layers.${l}.self_attn.${n}_proj.weight`, some(hidden, hidden)] as const),
    [`model.layers.${l}.mlp.gate_proj.weight`, some(mlp, hidden)],
    [`model.layers.${l}.mlp.up_proj.weight`, some(mlp, hidden)],
    [`model.layers.${l}.mlp.down_proj.weight`, some(hidden, mlp)],
  ];
  return new Map([
    ["model.embed_tokens.weight", some(VOCABULARY, hidden)],
    ["model.norm.weight", ones()],
    ...Array.from({ length: layers }, (_, l) => layer(l)).flat(),
  ]);
};

export const newFolder = (): Promise<string> => mkdtemp(join(tmpdir(), "depass-cli-"));
export const remove = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true });

/** Writes a checkpoint into a folder that is there. */
export const writeCheckpoint = async (folder: string, sizes: Sizes = smallest): Promise<void> => {
  await writeFile(join(folder, "config.json"), JSON.stringify(configJson(sizes)));
  await writeFile(join(folder, "tokenizer.json"), JSON.stringify(tokenizerJson));
  const entries = [...tensorsOf(sizes)].map(([name, tensor]) => entryOf(name, tensor));
  const written = await writeSafetensors(join(folder, "model.safetensors"), entries)();
  if (E.isLeft(written)) throw faultError(written.left);
};
