// In which order are the rows of q and k? llama.cpp keeps the two of a rotated pair side by side (2i, 2i + 1), Hugging Face
// keeps them half a head apart (i, i + width / 2): the same map with its rows in another order.

import { type Tensor, tensor } from "@depass/graph";

/** `[heads · width, …]` with pairs side by side → the same with the first of all pairs before the second, head by head. */
export const inHalves = (stored: Tensor, width: number): Tensor => {
  const [rows = 0] = stored.shape;
  const row = rows === 0 ? 0 : stored.data.length / rows;
  const data = stored.data.slice();
  for (let to = 0; to < rows; to++) {
    const inHead = to % width;
    const half = width / 2;
    const from = to - inHead + (inHead < half ? 2 * inHead : 2 * (inHead - half) + 1);
    data.set(stored.data.subarray(from * row, (from + 1) * row), to * row);
  }
  return tensor(stored.dtype, stored.shape, data);
};
