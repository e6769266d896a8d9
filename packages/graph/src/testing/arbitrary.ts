// Random well-shaped graphs with tensors to run them on: element-wise, contraction, movement and reduction ops over a few
// inputs and weights, nodes used several times, several outputs. Values stay moderate, so that f32 can follow.

import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { dims, minus, plus, product, type Shape, type Sizes, sameDim, times, valueOf } from "../dim.ts";
import { at, type Expr, type Graph } from "../expr.ts";
import * as nn from "../nn.ts";
import { check } from "../shape.ts";
import { show } from "../show.ts";
import { leavesOf, type Tensors } from "../sizes.ts";
import * as s from "../syntax.ts";
import { filled, noise, readAs } from "./values.ts";

export type RandomGraph = { readonly graph: Graph; readonly tensors: Tensors; readonly sizes: Sizes };

const leaves: readonly Expr[] = [
  s.input("x", ["T", 4]),
  s.input("y", ["T", 4]),
  s.input("z", ["T", 2, 3]),
  s.input("ids", ["T"], "i32"),
  s.weight("w", [4, 4]),
  s.weight("v", [6, 4]),
  s.weight("b", [4]),
  s.scalar(0.5),
  s.reshape(1, ["T", 1])(s.iota("T")),
];

type Pick = (n: number) => number;
type Move = (x: Expr, y: Expr, shape: Shape, pick: Pick) => Expr;

const axisOf = (shape: Shape, pick: Pick): number => -1 - pick(Math.max(1, shape.length));
const bounded = (x: Expr): Expr => s.tanh(x);

/** What one step may do with two nodes met so far; a misfit is not taken up. */
const moves: readonly Move[] = [
  (x, y) => s.add(x, y),
  (x, y) => s.sub(x, s.mul(y, 0.5)),
  (x, y) => s.mul(x, bounded(y)),
  (x, y) => s.div(x, s.add(1, s.mul(y, y))),
  (x, y) => s.maximum(x, y),
  (x) => s.neg(x),
  (x) => s.exp(bounded(x)),
  (x) => s.log(s.add(1, s.mul(x, x))),
  (x) => s.sqrt(s.add(1, s.mul(x, x))),
  (x) => s.sin(bounded(x)),
  (x) => s.erf(s.cos(bounded(x))),
  (x, y) => s.where(s.less(s.iota(4), 2), x, y),
  (x, y, shape) => s.where(s.equal(s.iota(shape.at(-1) ?? 1), 0), y, x),
  (x, _, shape, pick) => s.div(s.sum(axisOf(shape, pick))(x), 3),
  (x, _, shape, pick) => s.max(axisOf(shape, pick))(x),
  (x, y) => bounded(s.matmul(x, y)),
  (x, y) => bounded(s.matmul(x, s.transpose([-1, -2])(y))),
  (x, y) => nn.linear(s.mul(y, 0.4))(x),
  (x, y) => s.add(nn.linear(y)(bounded(x)), x),
  (x) => nn.linear({ weight: s.weight("w", [4, 4]), bias: s.weight("b", [4]) })(bounded(x)),
  (x, _, shape) => s.reshape(shape.length, [product(shape)])(x),
  (x, _, shape) => s.reshape(shape.length, [...shape, 1])(x),
  (x, _, shape) => s.reshape(2, [times(shape.at(-1) ?? 1, shape.at(-2) ?? 1)])(x),
  (x) => s.transpose([-1, -2])(x),
  (x) => s.transpose([-2, -1, -3])(x),
  (x, _, shape) => s.broadcast([2, ...shape])(x),
  (x) => s.broadcast(["T", 4])(x),
  (x, _, shape, pick) => s.slice(axisOf(shape, pick), 0, 1)(x),
  (x, _, shape) => s.slice(-2, minus(shape.at(-2) ?? 1, 1), 1)(x),
  (x, y, shape, pick) => s.concat(axisOf(shape, pick), x, y),
  (x, _, shape, pick) => s.concat(axisOf(shape, pick), x, x, x),
  (x, _, shape, pick) => s.gather(axisOf(shape, pick), s.iota(1))(x),
  (x) => s.add(nn.embedding(s.weight("v", [6, 4]), s.input("ids", ["T"], "i32")), x),
  (x) => s.freeze(x),
  (x) => nn.softmax(bounded(x)),
  (x) => nn.rmsNorm(s.weight("b", [4]), 1e-2)(x),
  (x) => nn.layerNorm(s.weight("b", [4]), s.weight("b", [4]), 1e-2)(x),
  (x) => nn.activate("geluTanh")(x),
  (x, y) => nn.gated("silu", x, y),
  (x) => s.add(x, s.broadcast(["T", 4])(s.scalar(0))),
  (x) => s.mul(x, 1),
];

/** Elements of the largest tensor, at the largest T. */
const most = 2000;

const shapeOf = (x: Expr): Shape | undefined => {
  const checked = check({ x });
  const shape = E.isRight(checked) ? checked.right.get(x) : undefined;
  return shape !== undefined && valueOf(product(shape), { T: 6 }) <= most ? shape : undefined;
};

type Step = { readonly move: number; readonly left: number; readonly right: number; readonly pick: number };

/** The latest nodes are taken more often, or graphs would stay flat. */
const chosen = (pool: readonly Expr[], n: number): Expr =>
  pool[n % 2 === 0 ? n % pool.length : pool.length - 1 - ((n >> 1) % Math.min(4, pool.length))] as Expr;

/** A move that does not fit gives way to the next one. */
const grown = (steps: readonly Step[]): readonly Expr[] => {
  const pool = [...leaves];
  for (const { move, left, right, pick } of steps) {
    const x = chosen(pool, left);
    const [y, shape] = [chosen(pool, right), shapeOf(x) ?? []];
    const tried = [0, 1, 2, 3, 4].map((k) => (moves[(move + k) % moves.length] as Move)(x, y, shape, (n) => pick % n));
    const made = tried.find((t) => shapeOf(t) !== undefined);
    if (made !== undefined) pool.push(made);
  }
  return pool;
};

/** Ids stay below 4: every table here has as many rows. */
export const tensorsFor = (graph: Graph, sizes: Sizes, seed = 0): Tensors =>
  Object.fromEntries(
    leavesOf(graph).map((leaf) => {
      const { name, shape } = leaf.params;
      const own = seed + name.charCodeAt(0);
      const ids = leaf.op === "input" && leaf.params.dtype === "i32";
      const value = (i: number): number => (ids ? Math.floor(2 + 2 * noise(i, own)) : noise(i, own));
      return [name, filled(shape, sizes, value, ids ? "i32" : "f32")];
    }),
  );

const number = fc.nat(1 << 16);

/** A graph of up to `steps` moves; the last node is an output, with one or two others, one of them under two names. */
export const graphs = (steps = 24): fc.Arbitrary<RandomGraph> =>
  fc
    .record({
      steps: fc.array(fc.record({ move: number, left: number, right: number, pick: number }), {
        minLength: Math.floor(steps / 2),
        maxLength: steps,
      }),
      T: fc.integer({ min: 1, max: 6 }),
      others: fc.array(number, { maxLength: 2 }),
      seed: fc.nat(99),
    })
    .map(({ steps: all, T, others, seed }) => {
      const pool = grown(all);
      const outputs = others.map((n) => chosen(pool, n));
      const graph: Graph = {
        last: at("last")(pool.at(-1) as Expr),
        ...Object.fromEntries(outputs.map((x, i) => [`other${i}`, x])),
        ...(outputs[0] === undefined ? {} : { again: outputs[0] }),
      };
      const sizes = { T };
      return { graph: bindsT(graph) ? graph : { ...graph, x: leaves[0] as Expr }, tensors: {}, sizes, seed };
    })
    .map(({ graph, sizes, seed }) =>
      readAs({ graph, sizes, tensors: tensorsFor(graph, sizes, seed) }, () => `T = ${sizes.T}\n${show(graph)}`),
    );

/** Whether some input says what T is. */
const bindsT = (graph: Graph): boolean =>
  leavesOf(graph).some((leaf) => leaf.params.shape.some((d) => sameDim(d, dims(["T"])[0] ?? 0)));

/** A chain of `length` nodes from one input: for walks that must not recurse. */
export const chain = (length: number): Graph => {
  let x: Expr = s.input("x", ["T", 2]);
  for (let i = 0; i < length; i++) x = i % 2 === 0 ? s.mul(x, 0.5) : s.add(x, x);
  return { x };
};

export const polynomials = fc
  .array(
    fc.constantFrom<(d: ReturnType<typeof plus>) => ReturnType<typeof plus>>(
      (d) => plus(d, "T"),
      (d) => times(d, plus("M", 1)),
      (d) => minus(d, times(2, "T")),
      (d) => plus(times(d, d), 3),
    ),
    { maxLength: 3 },
  )
  .map((steps) => steps.reduce<ReturnType<typeof plus>>((d, f) => f(d), 1));
