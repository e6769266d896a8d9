// The adjoints of what transformers are made of, where one written out is smaller or safer than that of the expansion: a
// softmax by its result alone, a norm without its square root, grouped heads without their copies. Each is tested against
// the expansion's. Composites that are not here are expanded first.
import { flow, pipe } from "fp-ts/lib/function.js";
import type { Dim, Shape } from "../dim.ts";
import { times } from "../dim.ts";
import { type Expr, type Node, node } from "../expr.ts";
import * as s from "../syntax.ts";
import type { Overrides } from "../table.ts";
import { slopes } from "./activations.ts";
import type { AdjointContext, Pullback, Pullbacks } from "./pullback.ts";
import * as pull from "./pullback.ts";

type Two = readonly [Expr, Expr];
type Three = readonly [Expr, Expr, Expr];

const width = (shape: Shape): Expr => s.size(shape.at(-1) as Dim);
const mean = (x: Expr, shape: Shape): Expr => s.div(s.sum(-1)(x), width(shape));

/** y·(v - Σ v·y) of a softmax y over the last axis. */
const softmaxed =
  (y: Expr): Pullback =>
  (v) =>
    s.mul(y, s.sub(v, s.sum(-1)(s.mul(v, y))));

const linear = (n: Node<"linear">, { shapeOf }: AdjointContext): Pullbacks => {
  const [x, w] = n.inputs as Two;
  const [shape, out] = [shapeOf(x), shapeOf(n as Expr)];
  const rows = pull.rowsOf(out);
  const asMatrix = shape.length === 1 ? rows : pull.same;
  const back = shape.length === 1 ? s.reshape(2, shape) : pull.same;
  return [(v) => back(s.matmul(asMatrix(v), w)), (v) => s.matmul(pull.transposed(rows(v)), pull.rowsOf(shape)(x))];
};

/** The scale's derivative: d(1/√(mean x² + eps)) = -scale³ · mean(x · dx); `x` is centred already where it should be. */
const scaled =
  (scale: Expr, x: Expr, shape: Shape): Pullback =>
  (v) =>
    s.neg(s.mul(s.mul(v, s.div(x, width(shape))), s.mul(scale, s.mul(scale, scale))));

/** x·scale as it is differentiated: with the scale's own change, or with the scale held. */
const normed = (x: Expr, scale: Expr, shape: Shape, frozen: boolean): Pullback => {
  if (frozen) return pull.times(scale);
  const y = s.mul(x, scale);
  return (v) => s.mul(scale, s.sub(v, s.mul(y, mean(s.mul(v, y), shape))));
};

const centred = (x: Expr, shape: Shape): Expr => s.sub(x, mean(x, shape));

const rmsNorm = ({ params, inputs }: Node<"rmsNorm">, { shapeOf, frozen }: AdjointContext): Pullbacks => {
  const [x, gain] = inputs as Two;
  const shape = shapeOf(x);
  const scale = node("rmsScale", params, x);
  const toGain = pull.summedTo(shapeOf(gain), shape);
  return [flow(pull.times(gain), normed(x, scale, shape, frozen)), flow(pull.times(s.mul(x, scale)), toGain)];
};

const layerNorm = ({ params, inputs }: Node<"layerNorm">, { shapeOf, frozen }: AdjointContext): Pullbacks => {
  const [x, gain, shift] = inputs as Three;
  const shape = shapeOf(x);
  const scale = node("layerScale", params, x);
  const deviation = centred(x, shape);
  const toRow = normed(deviation, scale, shape, frozen);
  return [
    (v) => centred(toRow(s.mul(v, gain)), shape),
    flow(pull.times(s.mul(deviation, scale)), pull.summedTo(shapeOf(gain), shape)),
    pull.summedTo(shapeOf(shift), shape),
  ];
};

/** Halves turned back. The tables are rarely asked for. */
const rope = (n: Node<"rope">, { shapeOf }: AdjointContext): Pullbacks => {
  const [x, cos, sin] = n.inputs as Three;
  const [shape, table] = [shapeOf(x), shapeOf(cos)];
  const half = table.at(-1) as Dim;
  const first = s.slice(-1, 0, half);
  const second = s.slice(-1, half, half);
  const perHead = [shape.at(-3) as Dim, 1, half];
  const toTable = (y: Expr): Expr => s.reshape(3, table)(pull.summedTo(perHead, [...shape.slice(0, -1), half])(y));
  return [
    (v) => node("rope", {}, v, cos, s.neg(sin)),
    (v) => toTable(s.add(s.mul(first(v), first(x)), s.mul(second(v), second(x)))),
    (v) => toTable(s.sub(s.mul(second(v), first(x)), s.mul(first(v), second(x)))),
  ];
};

/** `[…, T, K, F] → […, K, T, F]`, and back. */
const headsFirst = s.transpose([-2, -3, -1]);

/** All heads that read one of K groups are rows below each other, `[K, (H/K)·T, …]`: nothing is copied for each head. */
const grouping = (weights: Shape, values: Shape) => {
  const [heads, queries, keys] = weights as readonly [number, Dim, Dim];
  const [groups, columns] = values.slice(-2) as unknown as readonly [number, Dim];
  const rows = times(heads / groups, queries);
  return {
    /** Weights `[H, T, S]`, and their shape here. */
    weights: s.reshape(3, [groups, rows, keys]),
    perGroup: [groups, rows, keys] as Shape,
    /** Queries, or what they get, `[…, T, H, F]`; and the way back. */
    there: (x: Expr): Expr => s.reshape(3, [groups, rows, columns])(headsFirst(x)),
    back: (x: Expr): Expr => headsFirst(s.reshape(3, [heads, queries, columns])(x)),
  };
};

const attend = (n: Node<"attend">, { shapeOf }: AdjointContext): Pullbacks => {
  const [weights, values] = n.inputs as Two;
  const [shapeW, shapeV] = [shapeOf(weights), shapeOf(values)];
  const groups = grouping(shapeW, shapeV);
  return [
    (v) =>
      pipe(
        s.matmul(groups.there(v), s.transpose([-2, -1, -3])(values)),
        pull.summedTo(groups.perGroup, [...shapeV.slice(0, -3), ...groups.perGroup]),
        s.reshape(3, shapeW),
      ),
    (v) => headsFirst(s.matmul(pull.transposed(groups.weights(weights)), groups.there(v))),
  ];
};

/** Where a query may not look the weight is 0, and so is the score's cotangent. A softcap bends by 1 - tanh². */
const attentionWeights = (n: Node<"attentionWeights">, { shapeOf, frozen }: AdjointContext): Pullbacks => {
  if (frozen) return [undefined, undefined];
  const [q, k] = n.inputs as Two;
  const { scale, softcap } = n.params;
  const groups = grouping(shapeOf(n as Expr), shapeOf(k));
  const bent = (v: Expr): Expr => {
    if (softcap === undefined) return v;
    const products = s.matmul(groups.there(q), s.transpose([-2, -1, -3])(k));
    const place = s.tanh(s.mul(products, scale / softcap));
    return s.mul(v, s.sub(1, s.mul(place, place)));
  };
  const scores = (v: Expr): Expr => bent(groups.weights(s.mul(softmaxed(n as Expr)(v), scale)));
  return [
    (v) => groups.back(s.matmul(scores(v), headsFirst(k))),
    (v) => headsFirst(s.matmul(pull.transposed(scores(v)), groups.there(q))),
  ];
};

/** `[…, T, k·I] → […, T, E·I]`: each share of the columns where its expert stands, zeros elsewhere. */
const spreadOver = (x: Expr, chosen: Expr, [experts, neurons]: readonly [Dim, Dim], k: Dim): Expr => {
  const numbers = s.reshape(1, [experts, 1])(s.iota(experts));
  const isChosen = s.equal(numbers, s.reshape(1, [1, k])(chosen));
  return s.reshape(2, [times(experts, neurons)])(s.matmul(isChosen, s.reshape(1, [k, neurons])(x)));
};

/** Back through the same experts, turned; an expert's own cotangent is the sum over the tokens that chose it. */
const toExperts = (n: Node<"toExperts">, { shapeOf }: AdjointContext): Pullbacks => {
  const [x, experts, chosen] = n.inputs as Three;
  const [shape, [E, I, D], k] = [shapeOf(x), shapeOf(experts) as readonly [Dim, Dim, Dim], shapeOf(chosen)[1] as Dim];
  const spread = pull.rowsOf([...shape.slice(0, -1), times(E, I)]);
  return [
    (v) => node("fromExperts", {}, v, pull.transposed(experts), chosen),
    (v) =>
      pipe(
        s.matmul(pull.transposed(spread(spreadOver(v, chosen, [E, I], k))), pull.rowsOf(shape)(x)),
        s.reshape(2, [E, I, D]),
      ),
    undefined,
  ];
};

const fromExperts = (n: Node<"fromExperts">, { shapeOf }: AdjointContext): Pullbacks => {
  const [x, experts, chosen] = n.inputs as Three;
  const [shape, [E, D, I], k] = [shapeOf(x), shapeOf(experts) as readonly [Dim, Dim, Dim], shapeOf(chosen)[1] as Dim];
  const spread = pull.rowsOf([...shape.slice(0, -1), times(E, I)]);
  const rows = pull.rowsOf([...shape.slice(0, -1), D]);
  return [
    (v) => node("toExperts", {}, v, pull.transposed(experts), chosen),
    (v) =>
      pipe(
        s.matmul(pull.transposed(rows(v)), spread(spreadOver(x, chosen, [E, I], k))),
        s.reshape(2, [D, E, I]),
        s.transpose([-2, -3, -1]),
      ),
    undefined,
  ];
};

export const compositeAdjoints: Overrides<readonly [context: AdjointContext], Pullbacks> = {
  linear,
  softmax: (n) => [softmaxed(n as Expr)],
  logSumExp: ({ inputs: [x] }) => [pull.times(node("softmax", {}, x as Expr))],
  rmsScale: (n, { shapeOf }) => {
    const [x] = n.inputs as readonly [Expr];
    return [scaled(n as Expr, x, shapeOf(x))];
  },
  layerScale: (n, { shapeOf }) => {
    const [x] = n.inputs as readonly [Expr];
    return [scaled(n as Expr, centred(x, shapeOf(x)), shapeOf(x))];
  },
  rmsNorm,
  layerNorm,
  activate: ({ params, inputs: [z] }) => [pull.times(slopes[params.activation](z as Expr))],
  gated: ({ params, inputs }) => {
    const [gate, up] = inputs as Two;
    return [(v) => s.mul(s.mul(v, up), slopes[params.activation](gate)), pull.times(node("activate", params, gate))];
  },
  rope,
  attentionWeights,
  attend,
  topK: () => [undefined],
  toExperts,
  fromExperts,
};
