// Gradients that are together too long are made shorter, all by the same factor, so that their direction stays.
// Pascanu et al. 2013, algorithm 1.
import { product, type Shape } from "../dim.ts";
import type { Expr } from "../expr.ts";
import * as s from "../syntax.ts";

/** An expression with its shape. */
export type Shaped = readonly [x: Expr, shape: Shape];

const sumOfSquares = ([x, shape]: Shaped): Expr => {
  const squares = s.reshape(shape.length, [product(shape)])(s.mul(x, x));
  return s.reshape(1, [])(s.sum(-1)(squares));
};

/** √ Σ x² over all elements of all of them, `[]`. */
export const globalNorm = (all: readonly Shaped[]): Expr => s.sqrt(all.map(sumOfSquares).reduce(s.add));

/** What everything of this norm is multiplied by so that the norm is at most `limit`: exactly 1 where it is already. */
export const clipFactor = (norm: Expr, limit: number): Expr => s.div(limit, s.maximum(norm, limit));
