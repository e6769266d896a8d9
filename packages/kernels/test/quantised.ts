// Weights in random blocks, and what they are worth: by the formats' own description, apart from what kernels and files do.
import {
  type BlockFormat,
  blockBytes,
  blockValues,
  f32,
  fromF16,
  sizeOf,
  type Tensors,
  type Weights,
  weightsOf,
} from "@depass/graph";
import { noise } from "@depass/graph/testing";
import * as TE from "fp-ts/lib/TaskEither.js";

export const formats = ["q8_0", "q4_0", "q4_1"] as const;

/** Binary16 patterns of either sign: zeros, the least subnormal, the largest, ordinary ones, and the largest number. */
const scales = [0x0000, 0x8000, 0x0001, 0x83ff, 0x0400, 0x1a5b, 0x9c01, 0x2123, 0x3c00, 0xbc00, 0x7bff] as const;

/** Blocks of so many values with any integers; scales of every kind, or (`calm`) those of ordinary weights. */
export const randomBlocks = (format: BlockFormat, values: number, seed: number, calm = false): Uint8Array => {
  const size = blockBytes[format];
  const bytes = Uint8Array.from({ length: (values / blockValues) * size }, (_, i) =>
    Math.floor(128 * (noise(i, seed) + 1)),
  );
  const view = new DataView(bytes.buffer);
  const scale = (at: number): number => {
    const some = Math.abs(noise(at, seed + 1));
    return calm ? 0x1c00 + Math.floor(some * 0x3ff) : (scales[Math.floor(some * scales.length)] as number);
  };
  for (let at = 0; at < bytes.length; at += size) {
    view.setUint16(at, scale(at), true);
    if (format === "q4_1") view.setUint16(at + 2, scale(at + 2) ^ 0x8000, true);
  }
  return bytes;
};

/** The integer of value `i` of a block whose integers begin at `at`. */
const integer = (format: BlockFormat, view: DataView, at: number, i: number): number => {
  if (format === "q8_0") return view.getInt8(at + i);
  const byte = view.getUint8(at + (i % 16));
  return i < 16 ? byte % 16 : Math.floor(byte / 16);
};

export const unpacked = (format: BlockFormat, bytes: Uint8Array): Float32Array => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const blocks = bytes.length / blockBytes[format];
  return Float32Array.from({ length: blocks * blockValues }, (_, n) => {
    const at = Math.floor(n / blockValues) * blockBytes[format];
    const scale = fromF16(view.getUint16(at, true));
    if (format === "q4_1") {
      const least = fromF16(view.getUint16(at + 2, true));
      return Math.fround(scale * integer(format, view, at + 4, n % blockValues)) + least;
    }
    return scale * (integer(format, view, at + 2, n % blockValues) - (format === "q4_0" ? 8 : 0));
  });
};

export type Packed = {
  readonly format: BlockFormat;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
};

export const packed = (format: BlockFormat, shape: readonly number[], seed: number, calm = true): Packed => ({
  format,
  shape,
  bytes: randomBlocks(format, sizeOf(shape), seed, calm),
});

const values = (all: Readonly<Record<string, Packed>>): Tensors =>
  Object.fromEntries(Object.entries(all).map(([name, p]) => [name, f32(p.shape, unpacked(p.format, p.bytes))]));

/** The same weights twice: as blocks, and as values only. */
export const bothWays = (
  all: Readonly<Record<string, Packed>>,
  others: Tensors = {},
): Record<"blocks" | "values", Weights> => {
  const plain = weightsOf({ ...values(all), ...others });
  return {
    values: plain,
    blocks: {
      ...plain,
      blocks: (name) => {
        const p = all[name];
        return p === undefined ? undefined : { format: p.format, read: TE.right(p.bytes) };
      },
    },
  };
};
