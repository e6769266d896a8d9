// What the rows of the adjoints are written with: pullbacks, and the movements that bring a cotangent back to the shape of
// what it belongs to.
import { type Dim, isOne, minus, plus, product, type Shape } from "../dim.ts";
import type { Expr } from "../expr.ts";
import * as s from "../syntax.ts";

/** From the cotangent of a node to that of one of its inputs: v ↦ Jᵀv, in the input's shape. */
export type Pullback = (cotangent: Expr) => Expr;

/** One per input; `undefined` where the derivative is zero everywhere, so that nothing is built for it. */
export type Pullbacks = readonly (Pullback | undefined)[];

/** What a row may use besides its node. */
export type AdjointContext = {
  readonly shapeOf: (x: Expr) => Shape;
  /** Whether `freeze` holds its value constant, as decompose() does, instead of passing the cotangent on. */
  readonly frozen: boolean;
};

export const same: Pullback = (cotangent) => cotangent;

export const times =
  (df: Expr): Pullback =>
  (cotangent) =>
    s.mul(cotangent, df);

export const transposed = s.transpose([-1, -2]);

/** Broadcasting's adjoint: a cotangent of shape `from` is summed over the axes along which `to` was repeated. */
export const summedTo =
  (to: Shape, from: Shape): Pullback =>
  (cotangent) => {
    const lead = from.length - to.length;
    const repeated = to.flatMap((d, i) => (isOne(d) && !isOne(from[lead + i] as Dim) ? [i - to.length] : []));
    const kept = repeated.reduce((x, axis) => s.sum(axis)(x), cotangent);
    return lead === 0 ? kept : overLead(to, from.slice(0, lead))(kept);
  };

/** Σ over axes in front of those of `to`, all at once. */
const overLead = (to: Shape, lead: Shape): Pullback => {
  const [rank, rows] = [to.length, product(lead)];
  if (isOne(rows)) return s.reshape(lead.length + rank, to);
  const flat = lead.length === 1 ? same : s.reshape(lead.length + rank, [rows, ...to]);
  return (x) => s.reshape(rank + 1, to)(s.sum(-1 - rank)(flat(x)));
};

/** All rows `[…, D]` as one matrix; a lone `[D]` is a matrix of one. */
export const rowsOf = (shape: Shape): Pullback =>
  shape.length === 2 ? same : s.reshape(shape.length, [product(shape.slice(0, -1)), shape.at(-1) as Dim]);

export const zeros = (shape: Shape): Expr => (shape.length === 0 ? s.scalar(0) : s.broadcast(shape)(s.scalar(0)));

/**
 * slice's adjoint: zeros before and behind. Where a size is a symbol there may be none of them, as before the last of
 * T = 1 tokens, and no tensor is empty: then the places are added into a table of zeros.
 */
export const placedAt = (whole: Shape, axis: number, start: Dim, size: Dim): Pullback => {
  const along = whole.at(axis) as Dim;
  const rest = minus(along, plus(start, size));
  if (typeof start !== "number" || typeof rest !== "number")
    return s.scatterAdd(axis, along, start === 0 ? s.iota(size) : s.add(s.iota(size), s.size(start)));
  const pad = (count: number): readonly Expr[] => (count === 0 ? [] : [zeros(whole.with(whole.length + axis, count))]);
  return (cotangent) => s.concat(axis, ...pad(start), cotangent, ...pad(rest));
};
