// The types of one scale a block of 32: value = scale · q, or scale · q + least. 4-bit q: the lower half of byte j is value
// j, the upper half value j + 16; a fifth bit of value j is bit j of a word of its own.
// Source of the layouts: ggml-common.h (block_q4_0 and its neighbours).
import { f32, half, signed, type Unpack } from "../block.ts";

const HALF = 16; // values in the lower halves of a block's bytes

/** Scale, 16 bytes of q - 8. */
export const q4_0: Unpack = (bytes, at, out, to) => {
  const scale = half(bytes, at);
  for (let j = 0; j < HALF; j++) {
    const q = bytes[at + 2 + j] as number;
    out[to + j] = scale * ((q & 15) - 8);
    out[to + HALF + j] = scale * ((q >> 4) - 8);
  }
};

/** Scale, least, 16 bytes of q. */
export const q4_1: Unpack = (bytes, at, out, to) => {
  const [scale, least] = [half(bytes, at), half(bytes, at + 2)];
  for (let j = 0; j < HALF; j++) {
    const q = bytes[at + 4 + j] as number;
    out[to + j] = f32(scale * (q & 15)) + least;
    out[to + HALF + j] = f32(scale * (q >> 4)) + least;
  }
};

/** The fifth bit of value `j`, in its place; the word of fifth bits begins at `at`. */
const fifth = (bytes: Uint8Array, at: number, j: number): number =>
  (((bytes[at + (j >> 3)] as number) >> (j & 7)) & 1) << 4;

/** Scale, fifth bits, 16 bytes of q - 16. */
export const q5_0: Unpack = (bytes, at, out, to) => {
  const scale = half(bytes, at);
  for (let j = 0; j < HALF; j++) {
    const q = bytes[at + 6 + j] as number;
    out[to + j] = scale * (((q & 15) | fifth(bytes, at + 2, j)) - 16);
    out[to + HALF + j] = scale * (((q >> 4) | fifth(bytes, at + 2, HALF + j)) - 16);
  }
};

/** Scale, least, fifth bits, 16 bytes of q. */
export const q5_1: Unpack = (bytes, at, out, to) => {
  const [scale, least] = [half(bytes, at), half(bytes, at + 2)];
  for (let j = 0; j < HALF; j++) {
    const q = bytes[at + 8 + j] as number;
    out[to + j] = f32(scale * ((q & 15) | fifth(bytes, at + 4, j))) + least;
    out[to + HALF + j] = f32(scale * ((q >> 4) | fifth(bytes, at + 4, HALF + j))) + least;
  }
};

/** Scale, 32 signed bytes. */
export const q8_0: Unpack = (bytes, at, out, to) => {
  const scale = half(bytes, at);
  for (let j = 0; j < 32; j++) out[to + j] = scale * signed(bytes, at + 2 + j);
};
