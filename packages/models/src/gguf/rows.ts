// In which order are the rows of q and k? llama.cpp keeps the two of a rotated pair side by side (2i, 2i + 1), Hugging Face
// keeps them half a head apart (i, i + width / 2): the same map with its rows in another order. What a row is made of, values
// or packed blocks, does not matter.

import { type Tensor, type TensorData, tensor } from "@depass/graph";

/** `rows` rows of equal length, heads of `width` rows: pairs side by side → the first of all pairs before the second. */
export const rowsInHalves = <D extends TensorData | Uint8Array>(stored: D, rows: number, width: number): D => {
  const row = rows === 0 ? 0 : stored.length / rows;
  const data = stored.slice() as D;
  for (let to = 0; to < rows; to++) {
    const inHead = to % width;
    const half = width / 2;
    const from = to - inHead + (inHead < half ? 2 * inHead : 2 * (inHead - half) + 1);
    data.set(stored.subarray(from * row, (from + 1) * row), to * row);
  }
  return data;
};

/** `[heads · width, …]` in the other order. */
export const inHalves = ({ dtype, shape, data }: Tensor, width: number): Tensor =>
  tensor(dtype, shape, rowsInHalves(data, shape[0] ?? 0, width));
