// What goes into a session beside weights and values, and where it writes what it gives: tensors of a run, sizes, values that
// follow from sizes, and arrays that are used again.
import { evaluateClosed, type Sizes, shapeOfSizes, sizeOf, type Tensor, valueOf } from "@depass/graph";
import type { Step } from "./plan.ts";
import type { OrtTensor, Runtime } from "./session.ts";
import { asF32 } from "./weights.ts";

export type Feeds = Readonly<Record<string, OrtTensor>>;

/** What a program is fed beside inputs, weights and values; the same for every segment that shares the program. */
export const fixedFeeds = ({ Tensor: Make }: Runtime, { program: own, tables }: Step, sizes: Sizes): Feeds => {
  const feeds: Record<string, OrtTensor> = {};
  const put = (name: string, t: Tensor): void => {
    feeds[name] = new Make("float32", asF32(t), t.shape);
  };
  for (const { name, expr } of own.closed) put(name, evaluateClosed(expr, sizes));
  for (const { name, dims } of own.sizes)
    feeds[name] = new Make(
      "int64",
      BigInt64Array.from(dims, (d) => BigInt(valueOf(d, sizes))),
      [dims.length],
    );
  for (const { params } of own.inputs) {
    const table = tables[params.name];
    if (table !== undefined) put(params.name, table(sizes));
  }
  return feeds;
};

export const inputTensor = ({ Tensor: Make }: Runtime, t: Tensor, dtype: "f32" | "i32"): OrtTensor =>
  dtype === "i32"
    ? new Make("int32", t.data instanceof Int32Array ? t.data : Int32Array.from(t.data), t.shape)
    : new Make("float32", asF32(t), t.shape);

/** Buffers of values that nothing reads any more, by their length: the next value of about that length lies there. */
export type Pool = Map<number, Float32Array[]>;

const taken = (pool: Pool, length: number): Float32Array => pool.get(length)?.pop() ?? new Float32Array(length);

/** Chunks have about as many rows as each other: up to a sixteenth of a large one is left unused, so that they change places. */
const roomFor = (length: number): number => {
  const step = 2 ** Math.max(0, Math.floor(Math.log2(length)) - 4);
  return length < LARGE ? length : step * Math.ceil(length / step);
};

const LARGE = 2 ** 20;

export const given = (pool: Pool, data: OrtTensor["data"]): void => {
  if (!(data instanceof Float32Array)) return;
  const whole = new Float32Array(data.buffer);
  pool.set(whole.length, [...(pool.get(whole.length) ?? []), whole]);
};

/** Where the session writes its outputs; what is kept for others has an array of its very length. */
export const fetchesOf = (
  { Tensor: Make }: Runtime,
  { program: own, outputs }: Step,
  sizes: Sizes,
  pool: Pool,
  kept: ReadonlySet<string>,
): Feeds =>
  Object.fromEntries(
    Object.entries(own.outputs).map(([local, { tensor: name, shape, type }]) => {
      const numbers = shapeOfSizes(shape, sizes);
      const length = sizeOf(numbers);
      const room = kept.has(outputs.get(local) ?? "") ? length : roomFor(length);
      return [
        name,
        type === "i32"
          ? new Make("int32", new Int32Array(length), numbers)
          : new Make("float32", taken(pool, room).subarray(0, length), numbers),
      ];
    }),
  );
