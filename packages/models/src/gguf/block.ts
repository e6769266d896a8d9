// What does unpacking a block see? Its bytes, and where its values go. Everything here is arithmetic on bytes.
import { fromF16 } from "@depass/graph";

/** Writes the values of the block that begins at byte `at` to `out`, from index `to` on. */
export type Unpack = (bytes: Uint8Array, at: number, out: Float32Array, to: number) => void;

/** Products are rounded before they are added to, as in ggml; a Float32Array rounds what is put into it. */
export const f32 = Math.fround;

/** Every binary16 at once: blocks have one each, tensors millions of blocks. */
const halves = Float32Array.from({ length: 65_536 }, (_, bits) => fromF16(bits));

/** The binary16 at byte `at`. */
export const half = (bytes: Uint8Array, at: number): number =>
  halves[(bytes[at] as number) | ((bytes[at + 1] as number) << 8)] as number;

/** The signed byte at `at`. */
export const signed = (bytes: Uint8Array, at: number): number => ((bytes[at] as number) << 24) >> 24;
