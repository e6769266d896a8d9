// What turns a gradient into a step? An optimizer is a value made of ordinary expressions, as seeds and rules are: how
// many tensors it remembers for each parameter, and how one parameter and these become the next ones.
import type { Shape } from "../dim.ts";
import type { Expr } from "../expr.ts";
import * as s from "../syntax.ts";
import { constantRate, type Schedule } from "./schedule.ts";

/** One parameter and its gradient; all of one shape. */
export type Parameter = {
  readonly name: string;
  readonly shape: Shape;
  readonly value: Expr;
  /** As the loss has it, and the scalar it is to be multiplied by (clipping), if any. */
  readonly gradient: Expr;
  readonly factor?: Expr;
};

export type Optimizer = {
  readonly name: string;
  /** Names of what is remembered for each parameter, in its shape, zeros at first. */
  readonly moments: readonly string[];
  /** The next value and the next moments, from those so far and the number of the step `[]`, 1 at first. */
  readonly update: (
    parameter: Parameter,
    moments: readonly Expr[],
    step: Expr,
  ) => { readonly value: Expr; readonly moments: readonly Expr[] };
};

export type AdamwConfig = {
  readonly rate: number | Schedule;
  /** How much of the mean gradient, and of the mean square, is kept from step to step. */
  readonly betas?: readonly [mean: number, square: number];
  readonly eps?: number;
  /** λ of the decoupled decay, and which parameters decay: matrices, unless told otherwise. */
  readonly decay?: number;
  readonly decays?: (name: string, shape: Shape) => boolean;
};

/**
 * 1 - βⁿ, as 2·tanh(x) / (1 + tanh(x)) with x = -n·ln(β)/2: a difference of two numbers near 1 would lose in f32 what
 * β = 0.999 says at n = 1.
 */
const bias = (beta: number, step: Expr): Expr => {
  const t = s.tanh(s.mul(-Math.log(beta) / 2, step));
  return s.div(s.mul(2, t), s.add(1, t));
};

const scaled = (factor: number, by: Expr | undefined): Expr =>
  by === undefined ? s.scalar(factor) : s.mul(factor, by);

/**
 * Adam with decoupled weight decay, Loshchilov & Hutter 2019, algorithm 2, the decay scaled by the rate as there by the
 * schedule:
 *
 *     m ← β₁m + (1 - β₁)g,  v ← β₂v + (1 - β₂)g²,  θ ← θ - rate·(m̂ / (√v̂ + ε) + λθ)
 *
 * with m̂ = m/(1 - β₁ⁿ), v̂ = v/(1 - β₂ⁿ). Both corrections are moved into scalars, since every pass over a parameter
 * costs: m̂/(√v̂ + ε) = √(1 - β₂ⁿ)/(1 - β₁ⁿ) · m/(√v + ε√(1 - β₂ⁿ)) (Kingma & Ba 2015, section 2).
 */
export const adamw = (config: AdamwConfig): Optimizer => {
  const { betas = [0.9, 0.999], eps = 1e-8, decay = 0.01, decays = (_, shape) => shape.length > 1 } = config;
  const schedule = typeof config.rate === "number" ? constantRate(config.rate) : config.rate;
  const [keepMean, keepSquare] = betas;
  return {
    name: "adamw",
    moments: ["mean", "square"],
    update: ({ name, shape, value, gradient, factor }, moments, step) => {
      const [mean, square] = moments as readonly [Expr, Expr];
      const [rate, root] = [schedule(step), s.sqrt(bias(keepSquare, step))];
      const squared = factor && s.mul(factor, factor);
      const m = s.add(s.mul(keepMean, mean), s.mul(scaled(1 - keepMean, factor), gradient));
      const v = s.add(s.mul(keepSquare, square), s.mul(scaled(1 - keepSquare, squared), s.mul(gradient, gradient)));
      const pace = s.div(s.mul(rate, root), bias(keepMean, step));
      const move = s.div(s.mul(pace, m), s.add(s.sqrt(v), s.mul(eps, root)));
      const kept = decay !== 0 && decays(name, shape) ? s.mul(s.sub(1, s.mul(decay, rate)), value) : value;
      return { value: s.sub(kept, move), moments: [m, v] };
    },
  };
};
