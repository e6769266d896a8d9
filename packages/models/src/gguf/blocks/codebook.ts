// The types whose 4-bit q is a place in a list of 16 unevenly spaced values: value = scale · list[q].
// Source of the list and the layouts: ggml-common.h (kvalues_iq4nl, block_iq4_nl, block_iq4_xs).
import { f32, half, type Unpack } from "../block.ts";

const LIST = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113] as const;

/** 32 values of one scale; q in 16 bytes from `at` on, lower halves first. */
const spread = (bytes: Uint8Array, at: number, scale: number, out: Float32Array, to: number): void => {
  for (let j = 0; j < 16; j++) {
    const q = bytes[at + j] as number;
    out[to + j] = scale * (LIST[q & 15] as number);
    out[to + 16 + j] = scale * (LIST[q >> 4] as number);
  }
};

/** 32 values: scale, 16 bytes of q. */
export const iq4nl: Unpack = (bytes, at, out, to) => spread(bytes, at + 2, half(bytes, at), out, to);

/** 256 values: scale, 2 bytes of upper and 4 of lower bits of eight 6-bit factors (less 32), 128 bytes of q. */
export const iq4xs: Unpack = (bytes, at, out, to) => {
  const scale = half(bytes, at);
  const upper = (bytes[at + 2] as number) | ((bytes[at + 3] as number) << 8);
  for (let part = 0; part < 8; part++) {
    const low = ((bytes[at + 4 + (part >> 1)] as number) >> (4 * (part & 1))) & 15;
    const factor = (low | (((upper >> (2 * part)) & 3) << 4)) - 32;
    spread(bytes, at + 8 + 16 * part, f32(scale * factor), out, to + 32 * part);
  }
};
