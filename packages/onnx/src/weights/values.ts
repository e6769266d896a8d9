// Values of a checkpoint's types as f32. Hundreds of millions go through these loops before a model is ready, so they are written
// for what the compiler makes of them.
import { fromF16, type Tensor } from "@depass/graph";

const UPPER = 0xffff0000 | 0;

/** bfloat16 is the upper half of a binary32. Four at a time, where they lie so, take half the time. */
const widened = (bits: ArrayLike<number>, out: Float32Array): Float32Array => {
  const words = new Int32Array(out.buffer, out.byteOffset, out.length);
  const pairs = pairsOf(bits);
  const whole = pairs.length & ~1;
  for (let i = 0; i < whole; i += 2) {
    const one = pairs[i] as number;
    const two = pairs[i + 1] as number;
    const at = 2 * i;
    words[at] = one << 16;
    words[at + 1] = one & UPPER;
    words[at + 2] = two << 16;
    words[at + 3] = two & UPPER;
  }
  for (let i = 2 * whole; i < bits.length; i++) words[i] = (bits[i] as number) << 16;
  return out;
};

const pairsOf = (bits: ArrayLike<number>): Int32Array =>
  bits instanceof Uint16Array && bits.byteOffset % 4 === 0
    ? new Int32Array(bits.buffer, bits.byteOffset, bits.length >> 1)
    : new Int32Array(0);

const halved = (bits: ArrayLike<number>, out: Float32Array): Float32Array => {
  for (let i = 0; i < bits.length; i++) out[i] = fromF16(bits[i] as number);
  return out;
};

const copied = (values: ArrayLike<number>, out: Float32Array): Float32Array => {
  out.set(values);
  return out;
};

/** Gives an array of a length. */
export type Take = (length: number) => Float32Array;

export const ofItsOwn: Take = (length) => new Float32Array(length);

/** The values as f32, in an array that is taken; not copied where they are f32. */
export const asF32 = ({ dtype, data }: Tensor, take: Take = ofItsOwn): Float32Array =>
  dtype === "f32" ? (data as Float32Array) : written({ dtype, data }, take(data.length));

/** The values as f32 in `out`, which is as long. */
export const written = ({ dtype, data }: Pick<Tensor, "dtype" | "data">, out: Float32Array): Float32Array => {
  if (dtype === "bf16") return widened(data, out);
  return dtype === "f16" ? halved(data, out) : copied(data, out);
};

/** Each row times the gain, in place; four columns at a time, where they are as many. */
export const scaled = (rows: Float32Array, gain: Float32Array): Float32Array => {
  const whole = gain.length & ~3;
  for (let begin = 0; begin < rows.length; begin += gain.length) {
    for (let i = 0; i < whole; i += 4) {
      const at = begin + i;
      rows[at] = (rows[at] as number) * (gain[i] as number);
      rows[at + 1] = (rows[at + 1] as number) * (gain[i + 1] as number);
      rows[at + 2] = (rows[at + 2] as number) * (gain[i + 2] as number);
      rows[at + 3] = (rows[at + 3] as number) * (gain[i + 3] as number);
    }
    for (let i = whole; i < gain.length; i++) rows[begin + i] = (rows[begin + i] as number) * (gain[i] as number);
  }
  return rows;
};
