// Random numbers as a checkpoint would store them, and what they are worth.

import { blockValues, fromBf16, fromF16, orThrow } from "@depass/graph";
import { grouped, isBlocks } from "../../src/blocks.ts";
import type { Bytes } from "../../src/buffer.ts";
import type { WeightType } from "../../src/wgsl/weights.ts";
import { randomBlocks, unpacked } from "../quantised.ts";

/** Values in [-1, 1] with few bits, so that every stored type holds them exactly enough to be told apart. */
export const values = (n: number, seed: number): readonly number[] =>
  Array.from({ length: n }, (_, i) => {
    const x = Math.sin((i + 1) * 12.9898 + seed * 78.233) * 43758.5453;
    return 2 * (x - Math.floor(x)) - 1;
  });

const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);
const bits = (x: number): number => {
  float[0] = x;
  return word[0] as number;
};

/** Normal binary16 by truncation, small values to zero: enough for inputs. */
const toF16 = (x: number): number => {
  const b = bits(x);
  const exponent = ((b >>> 23) & 255) - 112;
  return exponent <= 0 ? (b >>> 16) & 0x8000 : ((b >>> 16) & 0x8000) | (exponent << 10) | ((b >>> 13) & 1023);
};

export type Stored = { readonly data: Bytes; readonly values: Float64Array };

/** The data as it travels to a device and the exact values it stands for: those of the numbers, or of blocks that they choose. */
export const encode = (type: WeightType, numbers: readonly number[]): Stored => {
  if (isBlocks(type)) {
    const count = Math.ceil(numbers.length / blockValues) * blockValues;
    const blocks = randomBlocks(type, count, Math.round(1e4 * (numbers[0] ?? 0)), true);
    const data = orThrow(grouped("weights", type, count, blocks)) as Bytes;
    return { data, values: Float64Array.from(unpacked(type, blocks)).subarray(0, numbers.length) };
  }
  if (type === "f32") {
    const data = Float32Array.from(numbers);
    return { data, values: Float64Array.from(data) };
  }
  const data = Uint16Array.from(numbers, type === "bf16" ? (x) => bits(x) >>> 16 : toF16);
  return { data, values: Float64Array.from(data, type === "bf16" ? fromBf16 : fromF16) };
};
