// How are weights stored that llama.cpp stores otherwise than the checkpoint it converts? One row for each form: what puts a
// tensor back. Source: convert_hf_to_gguf.py of llama.cpp (modify_tensors of each model).
import { type Tensor, tensor, toF64 } from "@depass/graph";
import { inHalves } from "./rows.ts";

/**
 * `paired`: the two rows of a rotated pair side by side; `fromZero`: a gain g as 1 + g; `turned`: a matrix `[in, out]` as
 * `[out, in]`; `thirds`: all heads' q, then k, then v, and not head by head; `stacked`: all experts of a layer in one.
 */
export type Form = "paired" | "fromZero" | "turned" | "thirds" | "stacked";

/** `[a, b] → [b, a]`; a list, such as a bias, stays. */
const turned = (stored: Tensor): Tensor => {
  const [rows = 0, columns] = stored.shape;
  if (columns === undefined) return stored;
  const data = stored.data.slice();
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) data[j * rows + i] = stored.data[i * columns + j] as number;
  return tensor(stored.dtype, [columns, rows], data);
};

/** Exact where 1 + g is from 1/2 to 2 (Sterbenz), and so is adding 1 to it again. */
const fromOne = (stored: Tensor): Tensor =>
  tensor(
    "f32",
    stored.shape,
    Float32Array.from(toF64(stored), (gain) => gain - 1),
  );

/** Rows `[3, H, F] → [H, 3, F]`; `width` is F. */
const byHead = (stored: Tensor, width: number): Tensor => {
  const [rows = 0] = stored.shape;
  const block = (stored.data.length / rows) * width;
  const heads = rows / width / 3;
  const data = stored.data.slice();
  for (let third = 0; third < 3; third++)
    for (let head = 0; head < heads; head++) {
      const from = (third * heads + head) * block;
      data.set(stored.data.subarray(from, from + block), (head * 3 + third) * block);
    }
  return tensor(stored.dtype, stored.shape, data);
};

type Restored = (stored: Tensor, width: number) => Tensor;

/** The tensor as the checkpoint has it; `width` is that of a head. A stack is taken apart where it is read. */
export const restored: Readonly<Record<Form, Restored>> = {
  paired: inHalves,
  fromZero: fromOne,
  turned,
  thirds: byHead,
  stacked: (stored) => stored,
};
