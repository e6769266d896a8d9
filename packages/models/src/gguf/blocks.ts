// Which kinds of numbers may a GGUF tensor be made of? The table of block types: how many values a block holds, in how many
// bytes, and what unpacks it. Values are computed in f32 steps, as ggml's own code does, so they are exact.
// Source of ids and layouts: github.com/ggml-org/ggml, ggml.h and ggml-quants.c.

import { type BlockFormat, blockBytes, blockValues, type DType } from "@depass/graph";
import { GGMLQuantizationType } from "@huggingface/gguf";
import type { Unpack } from "./block.ts";
import { iq4nl, iq4xs } from "./blocks/codebook.ts";
import { q2k, q3k, q4k, q5k, q6k } from "./blocks/nested.ts";
import { q4_0, q4_1, q5_0, q5_1, q8_0 } from "./blocks/plain.ts";

export type BlockType = {
  readonly name: string;
  /** Values in one block. */
  readonly values: number;
  /** Bytes of one block. */
  readonly bytes: number;
  /** What reading it gives. */
  readonly dtype: DType;
  /** Absent where the bytes are the values. */
  readonly unpack?: Unpack;
  /** What backends call these blocks, where some of them read them as they are. */
  readonly format?: BlockFormat;
};

const stored = (name: string, dtype: DType, bytes: number): BlockType => ({ name, values: 1, bytes, dtype });

const packed = (name: string, values: number, bytes: number, unpack: Unpack): BlockType => ({
  name,
  values,
  bytes,
  dtype: "f32",
  unpack,
});

const plain = (name: string, format: BlockFormat, unpack: Unpack): BlockType => ({
  ...packed(name, blockValues, blockBytes[format], unpack),
  format,
});

/** By ggml's number of the type. */
export const blockTypes: ReadonlyMap<number, BlockType> = new Map([
  [0, stored("F32", "f32", 4)],
  [1, stored("F16", "f16", 2)],
  [30, stored("BF16", "bf16", 2)],
  [2, plain("Q4_0", "q4_0", q4_0)],
  [3, plain("Q4_1", "q4_1", q4_1)],
  [6, packed("Q5_0", 32, 22, q5_0)],
  [7, packed("Q5_1", 32, 24, q5_1)],
  [8, plain("Q8_0", "q8_0", q8_0)],
  [10, packed("Q2_K", 256, 84, q2k)],
  [11, packed("Q3_K", 256, 110, q3k)],
  [12, packed("Q4_K", 256, 144, q4k)],
  [13, packed("Q5_K", 256, 176, q5k)],
  [14, packed("Q6_K", 256, 210, q6k)],
  [20, packed("IQ4_NL", 32, 18, iq4nl)],
  [23, packed("IQ4_XS", 256, 136, iq4xs)],
]);

/** ggml's name for a type, also for those that are not in the table. */
export const typeName = (id: number): string => GGMLQuantizationType[id] ?? `type ${id}`;
