// The non-linearities of MLPs, in primitives.
import type { Expr } from "../expr.ts";
import type { Activation } from "../op.ts";
import * as s from "../syntax.ts";

/** z / (1 + exp(-z)); below -80 the denominator would overflow f32 and the value is 0 to rounding anyway. */
const silu = (z: Expr): Expr => s.div(z, s.add(1, s.exp(s.neg(s.maximum(z, -80)))));
const half = (z: Expr, shape: Expr): Expr => s.mul(s.mul(z, 0.5), s.add(1, shape));

export const activations: Readonly<Record<Activation, (z: Expr) => Expr>> = {
  silu,
  relu: (z) => s.maximum(z, 0),
  gelu: (z) => half(z, s.erf(s.mul(z, Math.SQRT1_2))),
  geluTanh: (z) => half(z, s.tanh(s.mul(Math.sqrt(2 / Math.PI), s.add(z, s.mul(0.044715, s.mul(z, s.mul(z, z))))))),
};
