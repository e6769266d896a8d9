// What goes into a session beside weights and values, and where it writes what it gives: tensors of a run, sizes, values that
// follow from sizes, and arrays that are used again.
import { evaluateClosed, internal, type Sizes, shapeOfSizes, sizeOf, type Tensor, valueOf } from "@depass/graph";
import type { Places } from "../memory/arena.ts";
import type { Step } from "../plan/plan.ts";
import type { OrtTensor, Runtime } from "../runtime/session.ts";
import { type Arrays, FLOAT } from "../weights/pool.ts";
import { asF32 } from "../weights/weights.ts";

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

/** Where values of a run lie: in one array, or what is kept for others in an array of its own. */
export type Room = {
  readonly places: Places;
  readonly arena: ArrayBuffer;
  readonly kept: ReadonlySet<string>;
  readonly arrays: Arrays;
};

const roomOf = ({ places, arena, kept, arrays }: Room, value: string, length: number, type: "f32" | "i32") => {
  if (kept.has(value)) return type === "i32" ? new Int32Array(length) : arrays.take(length);
  const begin = FLOAT * (places.offsets.get(value) ?? internal(`${value} has a place`));
  return type === "i32" ? new Int32Array(arena, begin, length) : new Float32Array(arena, begin, length);
};

/** Where the session writes its outputs. What nobody reads (checks) has an array of its own. */
export const fetchesOf = ({ Tensor: Make }: Runtime, step: Step, sizes: Sizes, room: Room): Feeds =>
  Object.fromEntries(
    Object.entries(step.program.outputs).map(([local, { tensor: name, shape, type }]) => {
      const dims = shapeOfSizes(shape, sizes);
      const value = step.outputs.get(local);
      const length = sizeOf(dims);
      const own = type === "i32" ? "i32" : "f32";
      const data = value === undefined ? new Float32Array(length) : roomOf(room, value, length, own);
      return [name, data instanceof Int32Array ? new Make("int32", data, dims) : new Make("float32", data, dims)];
    }),
  );
