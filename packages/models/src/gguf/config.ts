// What would the config.json of a GGUF file say? Its hyper-parameters under the names our families' codecs take, so that a
// file is decoded, and refused, as a folder is. Numbers of the header are f32: they are read as the decimals they were.
// Source of keys: github.com/ggml-org/ggml, docs/gguf.md (LLM).

import { type Fault, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { describe, list } from "../describe.ts";
import { architectures, type GgufArchitecture } from "./architectures.ts";
import type { Metadata } from "./container.ts";
import type { Scaling } from "./rope.ts";

type Result<A> = E.Either<readonly Fault[], A>;

/** The row of the file's architecture, and its name, under which its keys are. */
export type Known = GgufArchitecture & { readonly prefix: string };

/** Fault (tag `gguf`): none, or one that is not known. */
export const architectureIn = (metadata: Metadata, path: string): Result<Known> => {
  const prefix = metadata.get("general.architecture");
  const found = typeof prefix === "string" ? architectures.get(prefix) : undefined;
  const known = list([...architectures.keys()]);
  return found === undefined
    ? E.left([
        fault(
          "gguf",
          `${path} at general.architecture`,
          `one of ${known}`,
          describe(prefix),
          "GGUF files of this architecture are not supported yet: open its Hugging Face folder",
        ),
      ])
    : E.right({ ...found, prefix: prefix as string });
};

const MOST_DIGITS = 9; // always enough for an f32

/** The shortest decimal that is this number in f32: 1e-5 for what the header holds as 0.000009999999747378752. */
export const shortest = (value: number): number => {
  if (Math.fround(value) !== value) return value;
  for (let digits = 1; digits < MOST_DIGITS; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
};

/** Counts of 64 bits are numbers where they fit; lists of one value for every layer are that value. */
const plain = (value: unknown): unknown => {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value) && value.length > 0 && value.every((item) => item === value[0])) return plain(value[0]);
  return typeof value === "number" ? shortest(value) : value;
};

/** Keys under the architecture's name that are used, or known to change nothing. */
const USED = (
  "block_count context_length embedding_length feed_forward_length attention.head_count attention.head_count_kv " +
  "attention.layer_norm_rms_epsilon attention.key_length attention.value_length rope.freq_base rope.dimension_count " +
  "rope.scaling.type rope.scaling.factor vocab_size"
).split(" ");

/** A setting that we do not know may change the result. */
const unknownKeys = (metadata: Metadata, prefix: string, path: string): readonly Fault[] =>
  [...metadata.keys()]
    .filter((key) => key.startsWith(`${prefix}.`) && !USED.includes(key.slice(prefix.length + 1)))
    .map((key) =>
      fault(
        "gguf",
        `${path} at ${key}`,
        "settings known of GGUF files",
        describe(metadata.get(key)),
        "not supported yet",
      ),
    );

/** Linear scaling by a factor is the only kind that the header alone says. */
const headerScaling = (get: (key: string) => unknown): unknown => {
  const type = get("rope.scaling.type");
  return type === undefined || type === "none" ? null : { rope_type: type, factor: get("rope.scaling.factor") };
};

/** Part of a head that is rotated; absent where it is all of it. */
const partialRotation = (get: (key: string) => unknown, width: unknown): object => {
  const rotated = get("rope.dimension_count");
  return rotated === undefined || rotated === width ? {} : { partial_rotary_factor: Number(rotated) / Number(width) };
};

export type Shapes = {
  /** Rows of the embedding. */
  readonly vocabulary: number | undefined;
  /** Whether there is no unembedding of its own. */
  readonly tied: boolean;
  /** Biases on the maps of the attention, and on those of the MLP. */
  readonly attentionBias: boolean;
  readonly mlpBias: boolean;
};

/** The config.json that a file of this header and these tensors would have beside it; `scaling` where a tensor says it. */
export const configOf = (
  metadata: Metadata,
  { prefix, modelType, className }: Known,
  shapes: Shapes,
  scaling: Scaling | undefined,
  path: string,
): Result<unknown> => {
  const get = (key: string): unknown => plain(metadata.get(`${prefix}.${key}`));
  const unknown = unknownKeys(metadata, prefix, path);
  const width = get("attention.key_length") ?? Number(get("embedding_length")) / Number(get("attention.head_count"));
  if (unknown.length > 0) return E.left(unknown.slice(0, 20));
  return E.right({
    architectures: [className],
    model_type: modelType,
    vocab_size: shapes.vocabulary,
    hidden_size: get("embedding_length"),
    num_hidden_layers: get("block_count"),
    num_attention_heads: get("attention.head_count"),
    num_key_value_heads: get("attention.head_count_kv") ?? get("attention.head_count"),
    ...(get("attention.key_length") === undefined ? {} : { head_dim: get("attention.key_length") }),
    intermediate_size: get("feed_forward_length"),
    max_position_embeddings: get("context_length"),
    rms_norm_eps: get("attention.layer_norm_rms_epsilon"),
    rope_theta: get("rope.freq_base") ?? 10_000, // llama.cpp's own default
    rope_scaling: scaling === undefined ? headerScaling(get) : scaling,
    ...partialRotation(get, width),
    tie_word_embeddings: shapes.tied,
    ...(modelType === "llama" ? { attention_bias: shapes.attentionBias, mlp_bias: shapes.mlpBias } : {}),
    bos_token_id: plain(metadata.get("tokenizer.ggml.bos_token_id")),
    eos_token_id: plain(metadata.get("tokenizer.ggml.eos_token_id")),
  });
};
