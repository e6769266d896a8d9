// The meaning of what transformers are made of: projections, norms, activations, rotary turns, attention.
import { pipe } from "fp-ts/lib/function.js";
import { type Dim, minus, type Shape, times } from "../dim.ts";
import { type Expr, node } from "../expr.ts";
import { softcapped } from "../nn.ts";
import type { CompositeName } from "../op.ts";
import * as s from "../syntax.ts";
import { activations } from "./activations.ts";
import type { DecompositionName } from "./decomposition.ts";
import { type Expansions, indexAlong, MASKED } from "./shared.ts";

type XY = readonly [Expr, Expr];
type XYZ = readonly [Expr, Expr, Expr];

const width = (shape: Shape | undefined): Expr => s.size(shape?.at(-1) ?? 1);
const mean = (x: Expr, shape: Shape | undefined): Expr => s.div(s.sum(-1)(x), width(shape));
const inverseRoot = (x: Expr, eps: number): Expr => s.div(1, s.sqrt(s.add(x, eps)));
const square = (x: Expr): Expr => s.mul(x, x);

/** `[…, T, K, F] → […, H, T, F]`: each of K heads serves H/K neighbours. */
const headsOf = (x: Expr, heads: Dim, shape: Shape): Expr => {
  const [tokens, groups, columns] = shape.slice(-3) as unknown as readonly [Dim, number, Dim];
  const each = (heads as number) / groups;
  return pipe(
    x,
    s.transpose([-2, -3, -1]),
    s.reshape(3, [groups, 1, tokens, columns]),
    s.broadcast([groups, each, tokens, columns]),
    s.reshape(4, [heads, tokens, columns]),
  );
};

/** Softmax's numerically safe form: the largest is subtracted first, which changes nothing. */
const softmaxed = (x: Expr): Expr => {
  const e = s.exp(s.sub(x, s.max(-1)(x)));
  return s.div(e, s.sum(-1)(e));
};

/** The largest is taken out of the exponential and put back. */
const logSummed = (x: Expr): Expr => {
  const largest = s.max(-1)(x);
  return s.add(largest, s.log(s.sum(-1)(s.exp(s.sub(x, largest)))));
};

/** x·Wᵀ; a lone row is a matrix of one. */
const projected = (x: Expr, w: Expr, shapeX: Shape, shapeW: Shape): Expr => {
  const turned = s.transpose([-1, -2])(w);
  if (shapeX.length > 1) return s.matmul(x, turned);
  return pipe(s.matmul(s.reshape(1, [1, ...shapeX])(x), turned), s.reshape(2, shapeW.slice(0, 1)));
};

/**
 * Each element's rank is how many come before it: larger ones, and equal ones that stand before it. Place j is where rank j
 * is.
 */
const largestPlaces = (x: Expr, shape: Shape, k: number): Expr => {
  const N = shape.at(-1) as Dim;
  const [own, other] = [s.reshape(1, [N, 1])(x), s.reshape(1, [1, N])(x)];
  const before = s.mul(s.equal(own, other), s.less(s.iota(N), indexAlong(N, 1)));
  const rank = s.sum(-1)(s.add(s.less(own, other), before));
  const chosen = s.equal(s.reshape(2, [1, N])(rank), indexAlong(k, 1));
  return s.reshape(2, [k])(s.sum(-1)(s.mul(chosen, s.iota(N))));
};

/** Rows `[…, T, A]`, each times its token's matrix `[T, A, B]`: `[…, T, B]`. */
const perToken = (rows: Expr, matrices: Expr, from: Dim, to: Dim): Expr =>
  s.reshape(2, [to])(s.matmul(s.reshape(1, [1, from])(rows), matrices));

export const layerExpansions: Expansions<Exclude<CompositeName, DecompositionName>> = {
  linear: ({ inputs }, [x, w]) => projected(...(inputs as XY), x as Shape, w as Shape),
  softmax: ({ inputs: [x] }) => softmaxed(x as Expr),
  logSumExp: ({ inputs: [x] }) => logSummed(x as Expr),
  rmsScale: ({ params, inputs: [x] }, [shape]) => inverseRoot(mean(square(x as Expr), shape), params.eps),
  layerScale: ({ params, inputs: [x] }, [shape]) =>
    inverseRoot(mean(square(s.sub(x as Expr, mean(x as Expr, shape))), shape), params.eps),
  rmsNorm: ({ params, inputs }) => {
    const [x, gain] = inputs as XY;
    return s.mul(s.mul(x, s.freeze(node("rmsScale", params, x))), gain);
  },
  layerNorm: ({ params, inputs }, [shape]) => {
    const [x, gain, shift] = inputs as XYZ;
    const scale = s.freeze(node("layerScale", params, x));
    return s.add(s.mul(s.mul(s.sub(x, mean(x, shape)), scale), gain), shift);
  },
  activate: ({ params, inputs: [z] }) => activations[params.activation](z as Expr),
  gated: ({ params, inputs }) => {
    const [gate, up] = inputs as XY;
    return s.mul(activations[params.activation](gate), up);
  },
  rope: ({ inputs }, [shape]) => {
    const [x, cos, sin] = inputs as XYZ;
    const [tokens, , columns] = (shape as Shape).slice(-3) as unknown as readonly [Dim, Dim, number];
    const perHead = s.reshape(2, [tokens, 1, columns / 2]);
    const [a, b] = [s.slice(-1, 0, columns / 2)(x), s.slice(-1, columns / 2, columns / 2)(x)];
    const turned = (p: Expr, q: Expr): Expr => s.add(s.mul(p, perHead(cos)), s.mul(q, perHead(sin)));
    return s.concat(-1, turned(a, s.neg(b)), turned(b, a));
  },
  attentionWeights: ({ params, inputs }, [shapeQ, shapeK]) => {
    const [q, k] = inputs as XY;
    const [queries, heads] = shapeQ as readonly [Dim, Dim];
    const keys = (shapeK as Shape)[0] as Dim;
    const products = s.matmul(s.transpose([-2, -3, -1])(q), s.transpose([-1, -2])(headsOf(k, heads, shapeK as Shape)));
    const scores = s.mul(products, params.scale);
    const bent = params.softcap === undefined ? scores : softcapped(params.softcap)(scores);
    const [position, key] = [s.add(indexAlong(queries, 1), s.size(minus(keys, queries))), s.iota(keys)];
    const later = s.less(position, key);
    const hidden =
      params.window === undefined ? later : s.maximum(later, s.less(key, s.sub(position, params.window - 1)));
    return s.freeze(softmaxed(s.where(hidden, MASKED, bent)));
  },
  attend: ({ inputs }, [weights, v]) => {
    const values = headsOf(inputs[1] as Expr, (weights as Shape)[0] as Dim, v as Shape);
    return s.transpose([-2, -3, -1])(s.matmul(inputs[0] as Expr, values));
  },
  topK: ({ params: { k }, inputs: [x] }, [shape]) => largestPlaces(x as Expr, shape as Shape, k),
  toExperts: ({ inputs }, [, experts, chosen]) => {
    const [x, maps, places] = inputs as XYZ;
    const [[, I, D], [, k]] = [experts, chosen] as unknown as readonly [readonly [Dim, Dim, Dim], readonly [Dim, Dim]];
    const own = s.reshape(3, [times(k, I), D])(s.gather(-3, places)(maps));
    return perToken(x, s.transpose([-1, -2])(own), D, times(k, I));
  },
  fromExperts: ({ inputs }, [, experts, chosen]) => {
    const [x, maps, places] = inputs as XYZ;
    const [[, D, I], [, k]] = [experts, chosen] as unknown as readonly [readonly [Dim, Dim, Dim], readonly [Dim, Dim]];
    const own = s.transpose([-1, -2])(s.gather(-3, places)(maps));
    return perToken(x, s.reshape(3, [times(k, I), D])(own), times(k, I), D);
  },
};
