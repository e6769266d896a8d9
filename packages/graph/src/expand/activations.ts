// The non-linearities of MLPs, in primitives, and their secants through 0: act(z) / z, with the limit at 0.
import type { Expr } from "../expr.ts";
import type { Activation } from "../op.ts";
import * as s from "../syntax.ts";

type ByActivation = Readonly<Record<Activation, (z: Expr) => Expr>>;

const half = (x: Expr, shape: Expr): Expr => s.mul(x, s.add(1, shape));
const normal = (z: Expr): Expr => s.erf(s.mul(z, Math.SQRT1_2));
const nearNormal = (z: Expr): Expr =>
  s.tanh(s.mul(Math.sqrt(2 / Math.PI), s.add(z, s.mul(0.044715, s.mul(z, s.mul(z, z))))));
/** 1 + exp(-z); below -80 it would overflow f32, and z over it is 0 to rounding anyway. */
const siluDivisor = (z: Expr): Expr => s.add(1, s.exp(s.neg(s.maximum(z, -80))));

export const activations: ByActivation = {
  silu: (z) => s.div(z, siluDivisor(z)),
  relu: (z) => s.maximum(z, 0),
  gelu: (z) => half(s.mul(z, 0.5), normal(z)),
  geluTanh: (z) => half(s.mul(z, 0.5), nearNormal(z)),
};

/** relu's at 0, where it has two limits, is 0. */
export const secants: ByActivation = {
  silu: (z) => s.div(1, siluDivisor(z)),
  relu: (z) => s.less(0, z),
  gelu: (z) => half(s.scalar(0.5), normal(z)),
  geluTanh: (z) => half(s.scalar(0.5), nearNormal(z)),
};
