// Parts as tensors `[M, …]`: their sum, one of them.
import { type Tensor, tensor, toF64 } from "../src/tensor.ts";

const one = ({ shape }: Tensor): number => shape.slice(1).reduce((a, b) => a * b, 1);

export const part = (parts: Tensor, m: number): Tensor =>
  tensor("f64", parts.shape.slice(1), toF64(parts).slice(m * one(parts), (m + 1) * one(parts)));

export const total = (parts: Tensor): Tensor => {
  const sum = new Float64Array(one(parts));
  for (const [i, v] of toF64(parts).entries()) sum[i % sum.length]! += v;
  return tensor("f64", parts.shape.slice(1), sum);
};

export const largest = (t: Tensor): number => toF64(t).reduce((m, v) => Math.max(m, Math.abs(v)), 0);
