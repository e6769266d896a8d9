// Is a graph's vjp its derivative? Along a random direction in all float leaves: ⟨gradient, direction⟩ against differences of
// ⟨cotangent, outputs⟩ in f64.
import { evaluate } from "../src/evaluate.ts";
import type { Tensors } from "../src/sizes.ts";
import { sizeOf, type Tensor, tensor, toF64 } from "../src/tensor.ts";
import { cotangentsOf, noise, type Runnable } from "../src/testing/index.ts";
import { cotangentName, gradientName, type VjpOptions, vjp } from "../src/vjp.ts";
import { right } from "./either.ts";

const f64 = (shape: readonly number[], values: ArrayLike<number>): Tensor =>
  tensor("f64", shape, Float64Array.from(values));

const random = (shape: readonly number[], seed: number): Tensor =>
  f64(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => noise(i, seed)),
  );

export const mapped = (t: Tensor, f: (v: number, i: number) => number): Tensor =>
  tensor("f64", t.shape, toF64(t).map(f));

/** Σ over all tensors of `weights`: the inner product. */
export const paired = (weights: Tensors, values: Tensors): number =>
  Object.entries(weights).reduce((sum, [name, w]) => {
    const v = toF64(values[name] as Tensor);
    return toF64(w).reduce((s, x, i) => s + x * (v[i] as number), sum);
  }, 0);

const norm = (tensors: Tensors): number => Math.sqrt(paired(tensors, tensors));

const named = (names: readonly string[], f: (name: string, i: number) => Tensor): Tensors =>
  Object.fromEntries(names.map((name, i) => [name, f(name, i)]));

/** The gradients by those names, of all outputs together. */
export const gradients = (
  { graph, tensors, sizes }: Runnable,
  wrt: readonly string[],
  v: Tensors,
  options: Partial<VjpOptions> = {},
): Tensors => {
  const pulled = right(vjp(graph, { of: Object.keys(graph), wrt, ...options }));
  const inputs = Object.fromEntries(Object.entries(v).map(([name, t]) => [cotangentName(name), t]));
  const values = right(evaluate(pulled, { ...tensors, ...inputs }, sizes));
  return named(wrt, (name) => values[gradientName(name)] as Tensor);
};

export type Measured = {
  readonly predicted: number;
  /** By differences. */
  readonly measured: number;
  /** How far differences over a step of four times the size are from that. */
  readonly doubt: number;
  /** What errors are relative to. */
  readonly scale: number;
};

/** Five points: what is wrong is of the fourth order in the step. */
const difference = (f: (step: number) => number, h: number): number =>
  (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h);

/** Both sides, in the direction of `along` in every one of its tensors. */
export const measure = (point: Runnable, along: Tensors, step = 2e-4): Measured => {
  const v = cotangentsOf(point.graph, point.sizes);
  const gradient = gradients(point, Object.keys(along), v);
  const moved = (h: number): Tensors => {
    const shifted = Object.entries(along).map(([name, d]) => {
      const by = toF64(d);
      return [name, mapped(point.tensors[name] as Tensor, (x, i) => x + h * (by[i] as number))];
    });
    return { ...point.tensors, ...Object.fromEntries(shifted) };
  };
  const value = (h: number): number => paired(v, right(evaluate(point.graph, moved(h), point.sizes)));
  const measured = difference(value, step / 4);
  return {
    predicted: paired(along, gradient),
    measured,
    doubt: Math.abs(measured - difference(value, step)),
    scale: norm(along) * norm(gradient) + 1e-3 * Math.abs(value(0)),
  };
};

/** A random direction in these leaves. */
export const direction = ({ tensors }: Runnable, names: readonly string[]): Tensors =>
  named(names, (name, i) => random((tensors[name] as Tensor).shape, 500 + i));

/** The shorter step has 4⁴ times less of the longer one's error. */
export const agree = ({ predicted, measured, doubt, scale }: Measured, rtol = 1e-8): void => {
  const [error, allowed] = [Math.abs(predicted - measured), rtol * scale + doubt / 100];
  if (!(error <= allowed))
    throw new Error(`vjp says ${predicted}, differences ${measured}: off by ${error}, allowed ${allowed}`);
};

export const isDerivative = (point: Runnable, along: Tensors, rtol?: number): void =>
  agree(measure(point, along), rtol);
