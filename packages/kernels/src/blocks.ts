// How do a file's blocks (graph/blocks.ts) lie on a device? Kernels read words of 32 bits. A block of q4_1 is five of them as it
// is; those of q8_0 and q4_0 are no whole words, so two share one word of scales. No number changes on the way.
import { type BlockFormat, blockBytes, blockValues, type Fault, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";

export type GroupLayout = {
  /** Blocks that lie together. */
  readonly blocks: number;
  /** Words of a group: one of its scales (q4_1: of its scale and its least value), then the integers block after block. */
  readonly words: number;
};

export const groupLayouts: Readonly<Record<BlockFormat, GroupLayout>> = {
  q8_0: { blocks: 2, words: 17 },
  q4_0: { blocks: 2, words: 9 },
  q4_1: { blocks: 1, words: 5 },
};

export const isBlocks = (dtype: string): dtype is BlockFormat => Object.hasOwn(groupLayouts, dtype);

/** Bytes on a device of so many values. */
export const groupBytes = (format: BlockFormat, values: number): number => {
  const { blocks, words } = groupLayouts[format];
  return Math.ceil(values / (blockValues * blocks)) * words * 4;
};

const SCALE = 2; // bytes: a binary16

/** Whether the binary16 whose upper byte this is is an infinity or no number. */
const isEndless = (upper: number | undefined): boolean => ((upper ?? 0) & 0x7c) === 0x7c;

/** The first block with a scale that is no finite number: WGSL promises nothing about those. */
const endlessBlock = (format: BlockFormat, bytes: Uint8Array): number => {
  const size = blockBytes[format];
  const scales = format === "q4_1" ? [1, SCALE + 1] : [1];
  for (let at = 0; at < bytes.length; at += size)
    for (const upper of scales) if (isEndless(bytes[at + upper])) return at / size;
  return -1;
};

const paired = (format: BlockFormat, bytes: Uint8Array, values: number): Uint8Array => {
  const [size, { words }] = [blockBytes[format], groupLayouts[format]];
  const out = new Uint8Array(groupBytes(format, values));
  for (let block = 0, at = 0; at < bytes.length; block++, at += size) {
    const group = (block >> 1) * words * 4;
    const [integers, second] = [size - SCALE, block & 1];
    out.set(bytes.subarray(at, at + SCALE), group + second * SCALE);
    out.set(bytes.subarray(at + SCALE, at + size), group + 4 + second * integers);
  }
  return out;
};

/** A file's blocks as they go to a device. Faults: other bytes than so many values have, a scale that is not finite. */
export const grouped = (
  where: string,
  format: BlockFormat,
  values: number,
  bytes: Uint8Array,
): E.Either<readonly Fault[], Uint8Array> => {
  const wanted = (values / blockValues) * blockBytes[format];
  if (bytes.length !== wanted)
    return E.left([fault("dtype", where, `${wanted} bytes of ${format}, as described`, `${bytes.length}`)]);
  const endless = endlessBlock(format, bytes);
  if (endless >= 0)
    return E.left([
      fault("dtype", where, "finite scales", `none in block ${endless}`, "the file is damaged: download it again"),
    ]);
  return E.right(groupLayouts[format].blocks === 1 ? bytes : paired(format, bytes, values));
};
