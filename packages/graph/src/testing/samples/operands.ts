// What samples are written with: params, operands of concrete values, sizes. T is 5 unless a sample says otherwise.
import { type Dim, type DimLike, dims, type Sizes } from "../../dim.ts";
import type { OpName, Ops } from "../../op.ts";
import { rowCount } from "../../rows.ts";
import { noise } from "../values.ts";

export type Operand = {
  readonly shape: readonly DimLike[];
  readonly dtype: "f32" | "i32";
  /** Element `i` of operand number `j`. */
  readonly value: (i: number, j: number, sizes: Sizes) => number;
};
export type Sample<P> = { readonly params: P; readonly operands: readonly Operand[]; readonly sizes: Sizes };
/** Samples of some ops, at least one of each. */
export type Samples<Name extends OpName> = { readonly [K in Name]: readonly [Sample<Ops[K]>, ...Sample<Ops[K]>[]] };
/** Of an op without params. */
export type Few = readonly [Sample<object>, ...Sample<object>[]];

export const of = <P>(params: P, ...operands: readonly Operand[]): Sample<P> => ({ params, operands, sizes: { T: 5 } });
export const withT = <P>(T: number, s: Sample<P>): Sample<P> => ({ ...s, sizes: { T } });

/** Operands: noise in ±2, noise by a formula, whole numbers below a bound. */
export const by = (value: Operand["value"], ...shape: readonly DimLike[]): Operand => ({ shape, dtype: "f32", value });
export const x = (...shape: readonly DimLike[]): Operand => by((i, j) => 2 * noise(i, j), ...shape);
export const wide = (...shape: readonly DimLike[]): Operand => by((i, j) => 12 * noise(i, j + 3), ...shape);
export const positive = (...shape: readonly DimLike[]): Operand => by((i, j) => 1.5 + noise(i, j + 5), ...shape);
export const whole = (below: number, ...shape: readonly DimLike[]): Operand =>
  by((i, j) => Math.floor(((noise(i, j + 7) + 1) / 2) * below), ...shape);
export const ids = (below: number, ...shape: readonly DimLike[]): Operand => ({
  ...whole(below, ...shape),
  dtype: "i32",
});
/** A third of the values is exactly zero. */
export const gates = (...shape: readonly DimLike[]): Operand => by((i) => (i % 3 === 1 ? 0 : noise(i, 11)), ...shape);
export const tiny = (...shape: readonly DimLike[]): Operand =>
  by((i) => (i % 2 === 0 ? 0 : 5e-6 * noise(i, 13)), ...shape);
export const none = (...shape: readonly DimLike[]): Operand => by(() => 0, ...shape);
export const below = (...shape: readonly DimLike[]): Operand => by((i) => noise(i, 17) - 3, ...shape);
export const alike = (...shape: readonly DimLike[]): Operand => by(() => 0.5, ...shape);

export const [T, none_] = [dims(["T"])[0] as Dim, {}];
/** Packed rows of T tokens and some extra parts. */
export const R = (extras: number): Dim => rowCount("T", extras);
