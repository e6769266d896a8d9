// How large is the step at step n? A schedule is an expression of the number of the step, counted from 1, so that it
// is part of the graph of a training step and needs nothing from outside.
import type { Expr } from "../expr.ts";
import * as s from "../syntax.ts";

/** From the number of the step `[]`, 1 at first, to the learning rate `[]`. */
export type Schedule = (step: Expr) => Expr;

export const constantRate =
  (rate: number): Schedule =>
  () =>
    s.scalar(rate);

const smaller = (a: Expr | number, b: Expr | number): Expr => s.where(s.less(a, b), a, b);

/**
 * Up to `peak` in `warmup` equal steps, then down to `floor` along half a cosine until step `total`, and `floor` from
 * there on: the warm-up of Vaswani et al. 2017 with the decay of Loshchilov & Hutter 2017 (SGDR, eq. 5), without
 * restarts.
 */
export const warmupCosine =
  (config: {
    readonly peak: number;
    readonly warmup: number;
    readonly total: number;
    readonly floor?: number;
  }): Schedule =>
  (step) => {
    const { peak, warmup, total, floor = 0 } = config;
    const rising = s.mul(peak / Math.max(warmup, 1), step);
    const progress = smaller(s.div(s.maximum(s.sub(step, warmup), 0), Math.max(total - warmup, 1)), 1);
    const falling = s.add(floor, s.mul((peak - floor) / 2, s.add(1, s.cos(s.mul(Math.PI, progress)))));
    return s.where(s.less(step, warmup), rising, falling);
  };
