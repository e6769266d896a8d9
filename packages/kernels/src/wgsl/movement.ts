// Elements put elsewhere: transpose, broadcast, slice and gather are one strided read, concat one write per input range.
// One invocation moves one element of the result; that of scatterAdd sums the elements that come there.
import { type Dim, product, type Shape, times } from "@depass/graph";
import type { Kernel } from "../kernel.ts";
import { perIndex } from "./invocation.ts";
import { load, loadIndex, notANumber, type Operand, type SizeNames } from "./operand.ts";

/** Coordinate k of element `i` of a shape. */
const coordinate = (shape: Shape, k: number, sizes: SizeNames): string => {
  const after = product(shape.slice(k + 1));
  const shifted = after === 1 ? "i" : `(i / ${sizes.of(after)})`;
  return k === 0 ? shifted : `(${shifted} % ${sizes.of(shape[k] as Dim)})`;
};

/** Where element `i` of `out` is read: per output axis a stride into the input and, for one, a start. */
export type Strides = readonly { readonly stride: Dim; readonly start?: Dim }[];

const strided = (out: Shape, strides: Strides, sizes: SizeNames): string => {
  const terms = strides.flatMap(({ stride, start }, k) => {
    const c = coordinate(out, k, sizes);
    const from = start === undefined || start === 0 ? c : `(${c} + ${sizes.of(start)})`;
    if (stride === 0) return [];
    return [stride === 1 ? from : `${from} * ${sizes.of(stride)}`];
  });
  return terms.length === 0 ? "0u" : terms.join(" + ");
};

export const stridedCopy = (name: string, x: Operand, out: Shape, strides: Strides): Kernel =>
  perIndex(name, product(out), [x], ([x0], sizes) => {
    const at = strided(out, strides, sizes);
    return `  let at = ${at};\n  out[i] = ${load(x0 as string, x, "at")};`;
  });

/** Row-major strides of a shape. */
export const stridesOf = (shape: Shape): readonly Dim[] => shape.map((_, k) => product(shape.slice(k + 1)));

/** Strides of x seen through `out` by broadcasting. */
export const broadcastStrides = (x: Shape, out: Shape): readonly Dim[] => {
  const own = stridesOf(x);
  const lead = out.length - x.length;
  return out.map((_, k) => (k < lead || x[k - lead] === 1 ? 0 : (own[k - lead] as Dim)));
};

/** Inputs laid one behind the other along an axis given by its index; the last binding is written. */
export const concatenated = (name: string, inputs: readonly Operand[], axis: number, out: Shape): Kernel =>
  perIndex(name, product(out), inputs, (names, sizes) => {
    const inner = product(out.slice(axis + 1));
    const lines = inputs.map((x, k) => {
      const along = x.shape[axis] as Dim;
      const at = `(outer * ${sizes.of(along)} + place) * ${sizes.of(inner)} + inner`;
      return `  if (place < ${sizes.of(along)}) { out[i] = ${load(names[k] as string, x, at)}; return; }
  place -= ${sizes.of(along)};`;
    });
    return `  let inner = i % ${sizes.of(inner)};
  var place = (i / ${sizes.of(inner)}) % ${sizes.of(out[axis] as Dim)};
  let outer = i / ${sizes.of(times(inner, out[axis] as Dim))};
${lines.join("\n")}`;
  });

/** x with the axis of that index replaced by the axes of `index`: out[…, j, …] = x[…, index[j], …]. */
export const gathered = (name: string, x: Operand, index: Operand, axis: number, out: Shape): Kernel =>
  perIndex(name, product(out), [x, index], ([x0, x1], sizes) => {
    const inner = product(x.shape.slice(axis + 1));
    const count = product(index.shape);
    return `  let inner = i % ${sizes.of(inner)};
  let j = (i / ${sizes.of(inner)}) % ${sizes.of(count)};
  let outer = i / ${sizes.of(times(inner, count))};
  let asked = ${loadIndex(x1 as string, index, "j")};
  let place = min(asked, ${sizes.of(x.shape[axis] as Dim)} - 1u);
  let at = (outer * ${sizes.of(x.shape[axis] as Dim)} + place) * ${sizes.of(inner)} + inner;
  out[i] = select(${notANumber("i")}, ${load(x0 as string, x, "at")}, asked == place);`;
  });

/**
 * gather's transpose: out[…, v, …] = Σ_{index[j] = v} x[…, j, …]. One invocation looks through the whole index for its
 * place and adds in its order, in f32: no atomics, the same sum each time; all of a group read the same index at once.
 */
export const scattered = (name: string, x: Operand, index: Operand, axis: number, out: Shape): Kernel =>
  perIndex(name, product(out), [x, index], ([x0, x1], sizes) => {
    const inner = sizes.of(product(out.slice(axis + 1)));
    const along = sizes.of(out[axis] as Dim);
    const count = sizes.of(product(index.shape));
    return `  let inner = i % ${inner};
  let place = (i / ${inner}) % ${along};
  let outer = i / ${sizes.of(product(out.slice(axis)))};
  var total = 0.0;
  for (var j = 0u; j < ${count}; j++) {
    if (${loadIndex(x1 as string, index, "j")} == place) {
      let at = (outer * ${count} + j) * ${inner} + inner;
      total += ${load(x0 as string, x, "at")};
    }
  }
  out[i] = total;`;
  });
