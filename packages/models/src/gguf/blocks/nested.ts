// The K types: 256 values in a block, in groups of 16 or 32 with a small factor each, the factors scaled in turn.
// Q2, Q4 and Q5: value = scale · factor · q - least · factor'. Q3 and Q6: value = scale · factor · q, both signed.
// Source of the layouts: ggml-common.h and dequantize_row_q*_K in ggml-quants.c.
import { f32, half, signed, type Unpack } from "../block.ts";

/** Factors (16 bytes: lower half scale's, upper half least's), 64 bytes of 2-bit q, scale, least. */
export const q2k: Unpack = (bytes, at, out, to) => {
  const [scale, least] = [half(bytes, at + 80), half(bytes, at + 82)];
  for (let group = 0; group < 16; group++) {
    const factors = bytes[at + group] as number;
    const [a, b] = [f32(scale * (factors & 15)), f32(least * (factors >> 4))];
    const { first, shift } = quarter(group);
    for (let j = 0; j < 16; j++) {
      const q = ((bytes[at + 16 + first + j] as number) >> shift) & 3;
      out[to + 16 * group + j] = f32(a * q) - b;
    }
  }
};

/** Where the 2-bit q of a group of 16 begin: each half of the block has 32 bytes, read four times, two bits further on. */
const quarter = (group: number): { readonly first: number; readonly shift: number } => ({
  first: 32 * (group >> 3) + 16 * (group & 1),
  shift: 2 * ((group >> 1) & 3),
});

/** The 6-bit factor of one of 16 groups, less 32: lower bits in 8 bytes, upper pairs of bits in the 4 after them. */
const factorOf16 = (bytes: Uint8Array, at: number, group: number): number => {
  const low = ((bytes[at + (group & 7)] as number) >> (4 * (group >> 3))) & 15;
  const high = ((bytes[at + 8 + (group & 3)] as number) >> (2 * (group >> 2))) & 3;
  return (low | (high << 4)) - 32;
};

/** 32 bytes of third bits, 64 bytes of 2-bit q, 12 bytes of factors, scale. A third bit that is 0 takes 4 away. */
export const q3k: Unpack = (bytes, at, out, to) => {
  const scale = half(bytes, at + 108);
  for (let group = 0; group < 16; group++) {
    const a = f32(scale * factorOf16(bytes, at + 96, group));
    const { first, shift } = quarter(group);
    for (let j = 0; j < 16; j++) {
      const low = ((bytes[at + 32 + first + j] as number) >> shift) & 3;
      const third = ((bytes[at + 16 * (group & 1) + j] as number) >> (group >> 1)) & 1;
      out[to + 16 * group + j] = a * (low - (third === 0 ? 4 : 0));
    }
  }
};

/** The 6-bit factors of one of 8 groups, packed in 12 bytes: four of each are whole, the others in pieces. */
const factorsOf8 = (bytes: Uint8Array, at: number, group: number): readonly [scale: number, least: number] => {
  const byte = (i: number): number => bytes[at + i] as number;
  if (group < 4) return [byte(group) & 63, byte(group + 4) & 63];
  const mixed = byte(group + 4);
  return [(mixed & 15) | ((byte(group - 4) >> 6) << 4), (mixed >> 4) | ((byte(group) >> 6) << 4)];
};

/** 4-bit q of two neighbouring groups of 32 share bytes; `fifths` is where 32 bytes with a fifth bit a group begin. */
const fourOrFive =
  (quants: number, fifths: number | undefined): Unpack =>
  (bytes, at, out, to) => {
    const [scale, least] = [half(bytes, at), half(bytes, at + 2)];
    for (let group = 0; group < 8; group++) {
      const [ofScale, ofLeast] = factorsOf8(bytes, at + 4, group);
      const [a, b] = [f32(scale * ofScale), f32(least * ofLeast)];
      const [first, shift] = [at + quants + 32 * (group >> 1), 4 * (group & 1)];
      for (let j = 0; j < 32; j++) {
        const fifth = fifths === undefined ? 0 : (((bytes[at + fifths + j] as number) >> group) & 1) << 4;
        const q = (((bytes[first + j] as number) >> shift) & 15) | fifth;
        out[to + 32 * group + j] = f32(a * q) - b;
      }
    }
  };

/** Scale, least, 12 bytes of factors, 128 bytes of q. */
export const q4k: Unpack = fourOrFive(16, undefined);

/** Scale, least, 12 bytes of factors, 32 bytes of fifth bits, 128 bytes of q. */
export const q5k: Unpack = fourOrFive(48, 16);

/** 128 bytes of lower and 64 of upper bits of 6-bit q (less 32), 16 signed factors, scale. */
export const q6k: Unpack = (bytes, at, out, to) => {
  const scale = half(bytes, at + 208);
  for (let group = 0; group < 16; group++) {
    const a = f32(scale * signed(bytes, at + 192 + group));
    const [part, inPart] = [group >> 3, group & 7]; // 128 values a part
    const lower = at + 64 * part + 16 * (inPart & 3);
    const upper = at + 128 + 32 * part + 16 * (inPart & 1);
    for (let j = 0; j < 16; j++) {
      const low = ((bytes[lower + j] as number) >> (4 * (inPart >> 2))) & 15;
      const high = ((bytes[upper + j] as number) >> (2 * (inPart >> 1))) & 3;
      out[to + 16 * group + j] = a * ((low | (high << 4)) - 32);
    }
  }
};
