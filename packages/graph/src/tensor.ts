// A tensor outside any backend: dtype, shape and row-major data. What checkpoints, backends and results exchange.

/** `bf16` and `f16` travel as their 16-bit patterns. */
export type DType = "f64" | "f32" | "f16" | "bf16" | "i32";

export type TensorData = Float64Array | Float32Array | Uint16Array | Int32Array;

export type Tensor = {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TensorData;
};

export const bytesPerElement: Readonly<Record<DType, number>> = { f64: 8, f32: 4, f16: 2, bf16: 2, i32: 4 };

/** Number of elements of a shape; 1 for a scalar. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

export const tensor = (dtype: DType, shape: readonly number[], data: TensorData): Tensor => ({ dtype, shape, data });

export const f32 = (shape: readonly number[], data: ArrayLike<number>): Tensor =>
  tensor("f32", shape, data instanceof Float32Array ? data : Float32Array.from(data));

export const i32 = (shape: readonly number[], data: ArrayLike<number>): Tensor =>
  tensor("i32", shape, data instanceof Int32Array ? data : Int32Array.from(data));

const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);

/** The value of a bfloat16 bit pattern: the upper half of a binary32. */
export const fromBf16 = (bits: number): number => {
  word[0] = bits << 16;
  return float[0] as number;
};

/** The value of an IEEE 754 binary16 bit pattern. */
export const fromF16 = (bits: number): number => {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
};

/** The same for a whole array: fifty times as fast as one after the other through an array of a single word. */
const fromBf16s = (data: TensorData): Float32Array => {
  const words = new Uint32Array(data.length);
  for (let i = 0; i < data.length; i++) words[i] = (data[i] as number) << 16;
  return new Float32Array(words.buffer);
};

/** All values as f64, whatever the stored type. */
export const toF64 = ({ dtype, data }: Tensor): Float64Array => {
  if (dtype === "f64") return data as Float64Array;
  if (dtype === "bf16") return new Float64Array(fromBf16s(data));
  if (dtype === "f16") return Float64Array.from(data, fromF16);
  return new Float64Array(data);
};
