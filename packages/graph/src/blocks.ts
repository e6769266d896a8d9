// Weights as quantised files store them: blocks of 32 consecutive values of a row, a scale and a small integer each. A backend
// that can read them so holds a fraction of the bytes; for every other one they are unpacked to f32 on the way.
// Source of the formats: github.com/ggml-org/ggml, ggml-common.h.
import type { Faulty } from "./error.ts";

/** ggml's names in lower case. `q8_0`: scale · q; `q4_0`: scale · (q - 8); `q4_1`: scale · q + least; scales are binary16. */
export type BlockFormat = "q8_0" | "q4_0" | "q4_1";

/** Values in one block. */
export const blockValues = 32;

/** Bytes of one block as a file has it. */
export const blockBytes: Readonly<Record<BlockFormat, number>> = { q8_0: 34, q4_0: 18, q4_1: 20 };

/** A weight as its blocks, row-major, whole blocks to a row. Faults of reading: those of the file. */
export type Blocks = { readonly format: BlockFormat; readonly read: Faulty<Uint8Array> };
