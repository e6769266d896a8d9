// The value of every primitive in f64, each in its plainest form.
import { type Sizes, valueOf } from "../dim.ts";
import { erf } from "../erf.ts";
import { internal } from "../error.ts";
import type { Node } from "../expr.ts";
import type { PrimitiveName } from "../op.ts";
import type { Tensors } from "../sizes.ts";
import type { Table } from "../table.ts";
import { sizeOf, toF64 } from "../tensor.ts";

export type Value = { readonly shape: readonly number[]; readonly data: Float64Array };
export type Run = { readonly out: readonly number[]; readonly tensors: Tensors; readonly sizes: Sizes };
type Values = Table<readonly [inputs: readonly Value[], run: Run], Float64Array, PrimitiveName>;

const first = (inputs: readonly Value[]): Value => inputs[0] as Value;

const stridesOf = (shape: readonly number[]): number[] => {
  const strides = new Array<number>(shape.length).fill(1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = (strides[i + 1] as number) * (shape[i + 1] as number);
  return strides;
};

/** For each element of `out` in order, the offset that the given strides reach; how every movement op reads. */
const offsets = (out: readonly number[], strides: readonly number[], base = 0): Int32Array => {
  const result = new Int32Array(sizeOf(out));
  const index = new Array<number>(out.length).fill(0);
  let offset = base;
  for (let i = 0; i < result.length; i++) {
    result[i] = offset;
    for (let axis = out.length - 1; axis >= 0; axis--) {
      offset += strides[axis] as number;
      if (++(index[axis] as number) < (out[axis] as number)) break;
      offset -= (strides[axis] as number) * (out[axis] as number);
      index[axis] = 0;
    }
  }
  return result;
};

/** Strides of x seen through `out` by broadcasting: 0 along axes that are repeated. */
const broadcastStrides = (x: readonly number[], out: readonly number[]): number[] => {
  const own = stridesOf(x);
  const missing = out.length - x.length;
  return out.map((n, axis) =>
    axis < missing || (x[axis - missing] === 1 && n !== 1) ? 0 : (own[axis - missing] as number),
  );
};

const picked = (x: Value, at: Int32Array): Float64Array => {
  const result = new Float64Array(at.length);
  for (let i = 0; i < at.length; i++) result[i] = x.data[at[i] as number] as number;
  return result;
};

const spread = (x: Value, out: readonly number[]): Float64Array =>
  x.shape.length === out.length && x.data.length === sizeOf(out)
    ? x.data
    : picked(x, offsets(out, broadcastStrides(x.shape, out)));

const unary =
  (f: (x: number) => number) =>
  (_: unknown, inputs: readonly Value[]): Float64Array =>
    first(inputs).data.map(f);

const binary =
  (f: (a: number, b: number) => number) =>
  (_: unknown, inputs: readonly Value[], { out }: Run): Float64Array => {
    const [a, b] = inputs.map((x) => spread(x, out)) as [Float64Array, Float64Array];
    return a.map((x, i) => f(x, b[i] as number));
  };

const axisIndex = (shape: readonly number[], axis: number): number => shape.length + axis;

/** Extents before, along and after one axis. */
const around = (shape: readonly number[], axis: number): readonly [number, number, number] => {
  const i = axisIndex(shape, axis);
  return [sizeOf(shape.slice(0, i)), shape[i] as number, sizeOf(shape.slice(i + 1))];
};

const reduce =
  (start: number, f: (a: number, b: number) => number) =>
  ({ params }: Node<"sum" | "max">, inputs: readonly Value[]): Float64Array => {
    const { shape, data } = first(inputs);
    const [outer, along, inner] = around(shape, params.axis);
    const result = new Float64Array(outer * inner).fill(start);
    for (let o = 0; o < outer; o++)
      for (let a = 0; a < along; a++)
        for (let i = 0; i < inner; i++) {
          const r = o * inner + i;
          result[r] = f(result[r] as number, data[(o * along + a) * inner + i] as number);
        }
    return result;
  };

/**
 * Adds x · b to a row of a product, b `[depth, columns]`, in the order of the depth: four terms before the row is stored again,
 * which halves the time. Where zeros may be skipped, four of x take none.
 */
const addRow = (row: Float64Array, x: Float64Array, b: Float64Array, skips: boolean): void => {
  const columns = row.length;
  const fours = x.length - (x.length % 4);
  for (let k = 0; k < fours; k += 4) {
    const [x0, x1] = [x[k] as number, x[k + 1] as number];
    const [x2, x3] = [x[k + 2] as number, x[k + 3] as number];
    if (skips && x0 === 0 && x1 === 0 && x2 === 0 && x3 === 0) continue;
    const [b0, b1] = [k * columns, (k + 1) * columns];
    const [b2, b3] = [b1 + columns, b1 + 2 * columns];
    for (let j = 0; j < columns; j++) {
      const two = (row[j] as number) + x0 * (b[b0 + j] as number) + x1 * (b[b1 + j] as number);
      row[j] = two + x2 * (b[b2 + j] as number) + x3 * (b[b3 + j] as number);
    }
  }
  for (let k = fours; k < x.length; k++) {
    const [only, from] = [x[k] as number, k * columns];
    if (only !== 0 || !skips) for (let j = 0; j < columns; j++) row[j]! += only * (b[from + j] as number);
  }
};

const matmul = (_: unknown, inputs: readonly Value[], { out }: Run): Float64Array => {
  const [a, b] = inputs as [Value, Value];
  const [rows, columns] = out.slice(-2) as [number, number];
  const depth = a.shape.at(-1) as number;
  const batch = out.slice(0, -2);
  const batchOffsets = (x: Value): Int32Array =>
    offsets(
      batch,
      broadcastStrides(x.shape.slice(0, -2), batch).map((s) => s * sizeOf(x.shape.slice(-2))),
    );
  const [starts, ends] = [batchOffsets(a), batchOffsets(b)];
  // Zeros are skipped only where nothing is infinite or NaN: 0 · ∞ is not 0.
  const skips = a.data.includes(0) && b.data.every(Number.isFinite);
  const result = new Float64Array(sizeOf(out));
  for (let n = 0; n < starts.length; n++) {
    const table = b.data.subarray(ends[n], (ends[n] as number) + depth * columns);
    for (let i = 0; i < rows; i++) {
      const [at, to] = [(starts[n] as number) + i * depth, (n * rows + i) * columns];
      addRow(result.subarray(to, to + columns), a.data.subarray(at, at + depth), table, skips);
    }
  }
  return result;
};

const concat = ({ params }: Node<"concat">, inputs: readonly Value[], { out }: Run): Float64Array => {
  const result = new Float64Array(sizeOf(out));
  const [outer, total, inner] = around(out, params.axis);
  let begun = 0;
  for (const x of inputs) {
    const [, along] = around(x.shape, params.axis);
    for (let o = 0; o < outer; o++)
      result.set(x.data.subarray(o * along * inner, (o + 1) * along * inner), (o * total + begun) * inner);
    begun += along;
  }
  return result;
};

/** Ids from outside were checked; a computed index that is out of range reads NaN. */
const gather = ({ params }: Node<"gather">, inputs: readonly Value[], { out }: Run): Float64Array => {
  const [x, index] = inputs as [Value, Value];
  const [outer, along, inner] = around(x.shape, params.axis);
  const result = new Float64Array(sizeOf(out)).fill(Number.NaN);
  for (let o = 0; o < outer; o++)
    index.data.forEach((row, i) => {
      if (!(Number.isInteger(row) && row >= 0 && row < along)) return;
      const from = (o * along + row) * inner;
      result.set(x.data.subarray(from, from + inner), (o * index.data.length + i) * inner);
    });
  return result;
};

/** Row after row, in the order of the index; a computed index that is out of range adds to nothing. */
const scatterAdd = ({ params }: Node<"scatterAdd">, inputs: readonly Value[], { out }: Run): Float64Array => {
  const [x, index] = inputs as [Value, Value];
  const [outer, along, inner] = around(out, params.axis);
  const result = new Float64Array(sizeOf(out));
  for (let o = 0; o < outer; o++)
    index.data.forEach((row, i) => {
      if (!(Number.isInteger(row) && row >= 0 && row < along)) return;
      const [to, from] = [(o * along + row) * inner, (o * index.data.length + i) * inner];
      for (let k = 0; k < inner; k++) result[to + k]! += x.data[from + k] as number;
    });
  return result;
};

const leaf = (name: string, { tensors }: Run): Float64Array => {
  const found = tensors[name];
  return found === undefined ? internal(`no tensor ${name}; bindSizes checks this`) : toF64(found);
};

const through = (_: unknown, inputs: readonly Value[]): Float64Array => first(inputs).data;

export const values: Values = {
  input: ({ params }, _, run) => leaf(params.name, run),
  weight: ({ params }, _, run) => leaf(params.name, run),
  constant: ({ params }) => Float64Array.from(params.values),
  iota: (_, __, { out }) => Float64Array.from({ length: out[0] as number }, (_, i) => i),
  size: ({ params }, _, { sizes }) => Float64Array.of(valueOf(params.of, sizes)),
  neg: unary((x) => -x),
  exp: unary(Math.exp),
  log: unary(Math.log),
  sqrt: unary(Math.sqrt),
  sin: unary(Math.sin),
  cos: unary(Math.cos),
  tanh: unary(Math.tanh),
  erf: unary(erf),
  roundF32: unary(Math.fround),
  freeze: through,
  add: binary((a, b) => a + b),
  sub: binary((a, b) => a - b),
  mul: binary((a, b) => a * b),
  div: binary((a, b) => a / b),
  maximum: binary(Math.max),
  less: binary((a, b) => (a < b ? 1 : 0)),
  equal: binary((a, b) => (a === b ? 1 : 0)),
  where: (_, inputs, { out }) => {
    const [c, a, b] = inputs.map((x) => spread(x, out)) as [Float64Array, Float64Array, Float64Array];
    return a.map((x, i) => (c[i] !== 0 ? x : (b[i] as number)));
  },
  sum: reduce(0, (a, b) => a + b),
  max: reduce(Number.NEGATIVE_INFINITY, Math.max),
  matmul,
  reshape: through,
  transpose: ({ params }, inputs, { out }) => {
    const own = stridesOf(first(inputs).shape);
    const lead = own.length - params.order.length;
    return picked(
      first(inputs),
      offsets(out, [...own.slice(0, lead), ...params.order.map((axis) => own.at(axis) as number)]),
    );
  },
  broadcast: (_, inputs, { out }) => spread(first(inputs), out),
  slice: ({ params }, inputs, { out, sizes }) => {
    const own = stridesOf(first(inputs).shape);
    return picked(first(inputs), offsets(out, own, valueOf(params.start, sizes) * (own.at(params.axis) as number)));
  },
  concat,
  gather,
  scatterAdd,
};
