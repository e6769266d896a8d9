// Which tensor do the bytes of a safetensors entry make? Little-endian bytes in a buffer of their own go in, a Tensor
// comes out without a copy; only I64 (token ids) is converted, and only when every value fits in 32 bits.
import { type Fault, fault, type Tensor, type TensorData, tensor } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import type { StoredDType } from "./header.ts";

type Result<A> = E.Either<readonly Fault[], A>;

const fitsIn32 = (value: bigint): boolean => BigInt.asIntN(32, value) === value;

const narrowed = (buffer: ArrayBuffer, where: string): Result<Int32Array> => {
  const wide = new BigInt64Array(buffer);
  const large = wide.find((value) => !fitsIn32(value));
  return large === undefined
    ? E.right(Int32Array.from(wide, Number))
    : E.left([fault("safetensors", where, "I64 values within 32 bits", `${large}`)]);
};

const dataOf = (dtype: StoredDType, buffer: ArrayBuffer): TensorData | undefined => {
  if (dtype === "F64") return new Float64Array(buffer);
  if (dtype === "F32") return new Float32Array(buffer);
  if (dtype === "F16" || dtype === "BF16") return new Uint16Array(buffer);
  return dtype === "I32" ? new Int32Array(buffer) : undefined;
};

const OURS = { F64: "f64", F32: "f32", F16: "f16", BF16: "bf16", I32: "i32" } as const;

export const isReadable = (dtype: StoredDType): boolean => dtype === "I64" || Object.hasOwn(OURS, dtype);

/**
 * The tensor of `bytes`, which must be exactly those of `shape`. Shares the buffer, except for I64.
 * Faults (tag `safetensors`): a type without a tensor of ours, an I64 value beyond 32 bits.
 */
export const toTensor = (
  dtype: StoredDType,
  shape: readonly number[],
  buffer: ArrayBuffer,
  where: string,
): Result<Tensor> => {
  if (dtype === "I64") return E.map((data: Int32Array) => tensor("i32", shape, data))(narrowed(buffer, where));
  const data = dataOf(dtype, buffer);
  return data === undefined
    ? E.left([fault("safetensors", where, "F64, F32, F16, BF16, I32 or I64", dtype, "convert the tensor first")])
    : E.right(tensor(OURS[dtype as keyof typeof OURS], shape, data));
};
