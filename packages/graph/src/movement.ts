// Elements put elsewhere and left as they are, whatever their type: what reshape, transpose, slice and concat do to a tensor
// of plain sizes. So a weight can be brought into the order that a graph wants before any device sees it.
import * as E from "fp-ts/lib/Either.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { Faulty } from "./error.ts";
import { internal } from "./error.ts";
import type { Expr, Node } from "./expr.ts";
import { sizeOf, type Tensor, type TensorData, tensor } from "./tensor.ts";

type Movement = Node<"reshape"> | Node<"transpose"> | Node<"slice"> | Node<"concat">;

export const isMovement = (n: Expr): n is Extract<Expr, { op: Movement["op"] }> =>
  n.op === "reshape" || n.op === "transpose" || n.op === "slice" || n.op === "concat";

/** A checkpoint's numbers and nothing else: a weight, moved or not. */
export const isStored = (x: Expr): boolean => {
  const open = [x];
  for (let n = open.pop(); n !== undefined; n = open.pop()) {
    if (isMovement(n)) open.push(...n.inputs);
    else if (n.op !== "weight") return false;
  }
  return true;
};

/** Room for as many elements of the same type. */
const roomFor = (like: TensorData, size: number): TensorData =>
  new (like.constructor as new (size: number) => TensorData)(size);

const stridesOf = (shape: readonly number[]): number[] => {
  const strides = new Array<number>(shape.length).fill(1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = (strides[i + 1] as number) * (shape[i + 1] as number);
  return strides;
};

/** Row after row of the result, each read at one stride. */
const picked = ({ dtype, data }: Tensor, out: readonly number[], strides: readonly number[], base: number): Tensor => {
  const result = roomFor(data, sizeOf(out));
  const [width, step] = [out.at(-1) ?? 1, strides.at(-1) ?? 0];
  const place = new Array<number>(out.length).fill(0);
  let from = base;
  for (let to = 0; to < result.length; to += width) {
    if (step === 1) result.set(data.subarray(from, from + width), to);
    else for (let i = 0; i < width; i++) result[to + i] = data[from + i * step] as number;
    for (let axis = out.length - 2; axis >= 0; axis--) {
      from += strides[axis] as number;
      if (++(place[axis] as number) < (out[axis] as number)) break;
      from -= (strides[axis] as number) * (out[axis] as number);
      place[axis] = 0;
    }
  }
  return tensor(dtype, out, result);
};

/** One by one, so that no more than the result and one input need be at hand. */
const joined =
  (axis: number, shape: readonly number[], inputs: readonly Faulty<Tensor>[]): Faulty<Tensor> =>
  async () => {
    const index = shape.length + axis;
    const inner = sizeOf(shape.slice(index + 1));
    const row = (shape[index] as number) * inner;
    let made: Tensor | undefined;
    let begun = 0;
    for (const input of inputs) {
      const found = await input();
      if (E.isLeft(found)) return found;
      const x = found.right;
      made ??= tensor(x.dtype, shape, roomFor(x.data, sizeOf(shape)));
      const width = (x.shape[index] as number) * inner;
      for (let from = 0, to = begun; from < x.data.length; from += width, to += row)
        made.data.set(x.data.subarray(from, from + width), to);
      begun += width;
    }
    return E.right(made ?? internal("concat of nothing"));
  };

const movedOne = (n: Exclude<Movement, Node<"concat">>, shape: readonly number[], x: Tensor): Tensor => {
  if (n.op === "reshape") return tensor(x.dtype, shape, x.data);
  const own = stridesOf(x.shape);
  if (n.op === "slice") return picked(x, shape, own, (n.params.start as number) * (own.at(n.params.axis) as number));
  const { order } = n.params;
  const lead = own.slice(0, own.length - order.length);
  return picked(x, shape, [...lead, ...order.map((axis) => own.at(axis) as number)], 0);
};

/** The value of a movement, of the given shape, whose inputs are asked for when they are needed. */
export const moved = (
  n: Movement,
  shape: readonly number[],
  inputs: readonly [Faulty<Tensor>, ...Faulty<Tensor>[]],
): Faulty<Tensor> =>
  n.op === "concat" ? joined(n.params.axis, shape, inputs) : TE.map((x: Tensor) => movedOne(n, shape, x))(inputs[0]);
