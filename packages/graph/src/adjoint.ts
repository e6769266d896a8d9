// The adjoint of every primitive, Jᵀ: from the cotangent of a node to those of its inputs, as expressions; vjp() walks along
// them. What linearity.ts calls linear has a pullback that does not read the input it is linear in. That this is the
// transpose, and every other row the derivative, is tested on every sample. Composites have a row in
// adjoint/composites.ts, or are expanded. Griewank & Walther 2008, ch. 3.
import { flow } from "fp-ts/lib/function.js";
import { compositeAdjoints } from "./adjoint/composites.ts";
import type { AdjointContext, Pullbacks } from "./adjoint/pullback.ts";
import * as pull from "./adjoint/pullback.ts";
import { type Dim, plus, type Shape } from "./dim.ts";
import type { Expr, Node } from "./expr.ts";
import * as s from "./syntax.ts";
import { applyOverride, applyRow, isComposite, type PrimitiveTable, type Table } from "./table.ts";

export type { AdjointContext, Pullback, Pullbacks } from "./adjoint/pullback.ts";

type Context = readonly [context: AdjointContext];
type Inputs = { readonly inputs: readonly Expr[] };
type Two = readonly [Expr, Expr];

/** Zero derivative: leaves, counts, and what jumps between constants. */
const none = ({ inputs }: Inputs): Pullbacks => inputs.map(() => undefined);

/** f(x), by its derivative df(x, f(x)). */
const elementwise =
  (df: (x: Expr, y: Expr) => Expr) =>
  (n: Node): Pullbacks => [pull.times(df(n.inputs[0] as Expr, n as Expr))];

/** Operands that broadcast against each other, by what reaches each in the result's shape. */
const broadcasting =
  (reaching: (inputs: readonly Expr[], y: Expr) => Pullbacks) =>
  (n: Node, { shapeOf }: AdjointContext): Pullbacks =>
    reaching(n.inputs, n as Expr).map(
      (p, i) => p && flow(p, pull.summedTo(shapeOf(n.inputs[i] as Expr), shapeOf(n as Expr))),
    );

/** The cotangent goes to one side where the condition holds, to the other elsewhere. */
const routed = (condition: Expr): Pullbacks => [(v) => s.where(condition, v, 0), (v) => s.where(condition, 0, v)];

const quotient = ([, b]: readonly Expr[], y: Expr): Pullbacks => [
  (v) => s.div(v, b as Expr),
  (v) => s.neg(s.mul(s.div(v, b as Expr), y)),
];

/** Equal ones share evenly. */
const largest = (n: Node<"max">): Pullbacks => {
  const chosen = s.equal(n.inputs[0] as Expr, n as Expr);
  return [(v) => s.mul(chosen, s.div(v, s.sum(n.params.axis)(chosen)))];
};

const product = (n: Node, { shapeOf }: AdjointContext): Pullbacks => {
  const [a, b] = n.inputs as Two;
  const [shapeA, shapeB, out] = [shapeOf(a), shapeOf(b), shapeOf(n as Expr)];
  const summed = (to: Shape) => pull.summedTo(to, [...out.slice(0, -2), ...to.slice(-2)]);
  const columns = (x: Expr, v: Expr): Expr => s.matmul(pull.transposed(x), v);
  return [
    (v) => summed(shapeA)(s.matmul(v, pull.transposed(b))),
    // One matrix for a whole batch gets one product of all its rows, not a sum of products.
    shapeB.length === 2
      ? (v) => columns(pull.rowsOf(shapeA)(a), pull.rowsOf(out)(v))
      : (v) => summed(shapeB)(columns(a, v)),
  ];
};

const movedBack = ({ params: { order } }: Node<"transpose">): Pullbacks => [
  s.transpose(order.map((_, i) => order.indexOf(i - order.length) - order.length)),
];

const pieces = ({ params: { axis }, inputs }: Node<"concat">, { shapeOf }: AdjointContext): Pullbacks => {
  let start: Dim = 0;
  return inputs.map((x) => {
    const size = shapeOf(x).at(axis) as Dim;
    const piece = s.slice(axis, start, size);
    start = plus(start, size);
    return piece;
  });
};

/** The shape of input 0. */
const shapeIn = ({ inputs }: Inputs, { shapeOf }: AdjointContext): Shape => shapeOf(inputs[0] as Expr);

const primitiveAdjoints: PrimitiveTable<Context, Pullbacks> = {
  input: none,
  weight: none,
  constant: none,
  iota: none,
  size: none,
  neg: () => [s.neg],
  exp: elementwise((_, y) => y),
  log: ({ inputs: [x] }) => [(v) => s.div(v, x as Expr)],
  sqrt: (n) => [(v) => s.div(v, s.mul(2, n as Expr))],
  sin: elementwise(s.cos),
  cos: elementwise((x) => s.neg(s.sin(x))),
  tanh: elementwise((_, y) => s.sub(1, s.mul(y, y))),
  erf: elementwise((x) => s.mul(2 / Math.sqrt(Math.PI), s.exp(s.neg(s.mul(x, x))))),
  // Straight through: the steps are f32's, not the model's.
  roundF32: () => [pull.same],
  freeze: (_, { frozen }) => [frozen ? undefined : pull.same],
  add: broadcasting(() => [pull.same, pull.same]),
  sub: broadcasting(() => [pull.same, s.neg]),
  mul: broadcasting(([a, b]) => [pull.times(b as Expr), pull.times(a as Expr)]),
  div: broadcasting(quotient),
  // The second of two equal ones, so that relu, maximum(x, 0), has derivative 0 at 0.
  maximum: broadcasting(([a, b]) => routed(s.less(b as Expr, a as Expr))),
  less: none,
  equal: none,
  where: broadcasting(([condition]) => [undefined, ...routed(condition as Expr)]),
  sum: (n, context) => [s.broadcast(shapeIn(n, context).slice(n.params.axis))],
  max: largest,
  matmul: product,
  reshape: (n, context) => {
    const shape = shapeIn(n, context);
    return [s.reshape(n.params.to.length, shape.slice(shape.length - n.params.rank))];
  },
  transpose: movedBack,
  broadcast: broadcasting(() => [pull.same]),
  slice: (n, context) => [pull.placedAt(shapeIn(n, context), n.params.axis, n.params.start, n.params.size)],
  concat: pieces,
  gather: (n, context) => {
    const { axis } = n.params;
    return [s.scatterAdd(axis, shapeIn(n, context).at(axis) as Dim, n.inputs[1] as Expr), undefined];
  },
  scatterAdd: ({ params, inputs }) => [s.gather(params.axis, inputs[1] as Expr), undefined],
};

/** One pullback per input; nothing for a composite without a row of its own, which is to be expanded first. */
export const adjointOf = (x: Expr, context: AdjointContext): Pullbacks | undefined =>
  isComposite(x)
    ? applyOverride(compositeAdjoints, x, context)
    : applyRow(primitiveAdjoints as unknown as Table<Context, Pullbacks>, x, context);
