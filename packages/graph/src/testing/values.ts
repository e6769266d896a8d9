// Numbers for tests: the same everywhere for the same seed, exact in binary32, so that a backend and the f64 oracle read the
// same ones.
import fc from "fast-check";
import { type Shape, type Sizes, shapeOfSizes } from "../dim.ts";
import { sizeOf, type Tensor, tensor } from "../tensor.ts";

/** Number `i` of the sequence of a seed, in [-1, 1). */
export const noise = (i: number, seed = 0): number => {
  let h = Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(seed + 1, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return Math.fround(((h ^ (h >>> 15)) >>> 0) / 2 ** 31 - 1);
};

/** A tensor whose element `i` is `value(i)`, rounded to f32 (or to a whole number). */
export const filled = (
  shape: Shape,
  sizes: Sizes,
  value: (i: number) => number,
  dtype: "f32" | "i32" = "f32",
): Tensor => {
  const numbers = shapeOfSizes(shape, sizes);
  const data = Array.from({ length: sizeOf(numbers) }, (_, i) => value(i));
  return tensor(dtype, numbers, dtype === "f32" ? Float32Array.from(data) : Int32Array.from(data));
};

/** Where element `index` of a row-major tensor stands. */
export const placeOf = (index: number, shape: readonly number[]): readonly number[] => {
  const place = new Array<number>(shape.length);
  let rest = index;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const n = shape[axis] as number;
    place[axis] = rest % n;
    rest = Math.floor(rest / n);
  }
  return place;
};

/** The value with a text that fast-check prints in its place: a counterexample should be read, not searched. */
export const readAs = <A extends object>(value: A, text: () => string): A =>
  Object.assign(value, { [fc.toStringMethod]: text });
