// The derivatives of the non-linearities of MLPs; relu's at 0 is 0.
import type { Expr } from "../expr.ts";
import type { Activation } from "../op.ts";
import * as s from "../syntax.ts";

const square = (z: Expr): Expr => s.mul(z, z);
const half = (x: Expr): Expr => s.mul(0.5, s.add(1, x));

/**
 * σ·(1 + z·(1 - σ)) as (1 + y·e) / (1 + e), with e = exp(-z) and y = z/(1 + e) as silu has them, below -80 too, so that both
 * are there already. Since 1 - σ = e·σ nothing cancels.
 */
const silu = (z: Expr): Expr => {
  const e = s.exp(s.neg(s.maximum(z, -80)));
  const inverse = s.add(1, e);
  return s.div(s.add(1, s.mul(s.div(z, inverse), e)), inverse);
};

/** Φ(z) + z·φ(z), the normal distribution and its density. */
const gelu = (z: Expr): Expr => {
  const density = s.mul(1 / Math.sqrt(2 * Math.PI), s.exp(s.mul(-0.5, square(z))));
  return s.add(half(s.erf(s.mul(z, Math.SQRT1_2))), s.mul(z, density));
};

/** (1 + t)/2 + z·(1 - t²)/2·u′, where t = tanh(u) and u = √(2/π)·(z + 0.044715·z³). */
const geluTanh = (z: Expr): Expr => {
  const root = Math.sqrt(2 / Math.PI);
  const cubic = s.mul(0.044715, square(z));
  const t = s.tanh(s.mul(root, s.mul(z, s.add(1, cubic))));
  const slope = s.mul(0.5 * root, s.add(1, s.mul(3, cubic)));
  return s.add(half(t), s.mul(s.mul(z, slope), s.sub(1, square(t))));
};

export const slopes: Readonly<Record<Activation, (z: Expr) => Expr>> = {
  silu,
  relu: (z) => s.less(0, z),
  gelu,
  geluTanh,
};
