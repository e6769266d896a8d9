// Nodes that change nothing are taken out: adding zeros, multiplying by one, movements to where things already are.
// One pass bottom-up reaches a fixed point, because a node is looked at after its inputs, and again after each step.
import * as E from "fp-ts/lib/Either.js";
import { type Shape, sameShape } from "../dim.ts";
import type { Fault } from "../error.ts";
import { type Expr, type Graph, type Node, withInputs } from "../expr.ts";
import { isAll } from "../literal.ts";
import { check } from "../shape.ts";
import { applyOverride, type Overrides } from "../table.ts";
import { rewrite } from "../traverse.ts";

type Context = { readonly shape: Shape; readonly shapeOf: (x: Expr) => Shape };
type Rules = Overrides<readonly [context: Context], Expr | undefined>;

/** The operand that is left when the other is neutral, if it has the result's shape by itself. */
const without =
  (neutral: number, sides: readonly number[]) =>
  ({ inputs }: Node, { shape, shapeOf }: Context): Expr | undefined => {
    const side = sides.find(
      (i) => isAll(neutral, inputs[i] as Expr) && sameShape(shapeOf(inputs[1 - i] as Expr), shape),
    );
    return side === undefined ? undefined : inputs[1 - side];
  };

const whenSame = ({ inputs: [x] }: Node, { shape, shapeOf }: Context): Expr | undefined =>
  sameShape(shape, shapeOf(x as Expr)) ? x : undefined;

/** A summand of zeros and something that broadcasts anyway, as decompose() writes biases, is that something. */
const barerSummand = (n: Node<"addToPart"> | Node<"addToRows">): Expr | undefined => {
  const [parts, c] = n.inputs as readonly [Expr, Expr];
  if (isAll(0, c)) return parts;
  if (c.op !== "add" || c.site !== undefined) return undefined;
  const side = c.inputs.findIndex((x) => isAll(0, x));
  return side < 0 ? undefined : withInputs(n as Expr, [parts, c.inputs[1 - side] as Expr]);
};

const rules: Rules = {
  add: without(0, [0, 1]),
  sub: without(0, [1]),
  mul: without(1, [0, 1]),
  div: without(1, [1]),
  reshape: (node, context) => whenSame(node, context) ?? joinedReshape(node),
  broadcast: whenSame,
  slice: (node, context) => (node.params.start === 0 ? whenSame(node, context) : undefined),
  concat: ({ inputs }) => (inputs.length === 1 ? inputs[0] : undefined),
  transpose: ({ params, inputs }) =>
    params.order.every((axis, i) => axis === i - params.order.length) ? inputs[0] : undefined,
  addToPart: barerSummand,
  addToRows: barerSummand,
};

/** A reshape of an unnamed reshape of the same axes goes there directly. */
const joinedReshape = (node: Node<"reshape">): Expr | undefined => {
  const inner = node.inputs[0] as Expr;
  if (inner.op !== "reshape" || inner.site !== undefined || inner.params.to.length !== node.params.rank)
    return undefined;
  return withInputs({ ...node, params: { rank: inner.params.rank, to: node.params.to } } as Expr, inner.inputs);
};

/** A name is worth more than a saved node: the simpler expression takes it over unless it has its own. */
const step = (now: Expr, context: Context): Expr | undefined => {
  const simpler = applyOverride(rules, now, context);
  if (simpler === undefined || simpler.site === now.site || now.site === undefined) return simpler;
  return simpler.site === undefined ? ({ ...simpler, site: now.site } as Expr) : undefined;
};

/** Faults are those of check(): only a well-shaped graph can be simplified. */
export const simplify = (graph: Graph): E.Either<readonly Fault[], Graph> =>
  E.map((old: ReadonlyMap<Expr, Shape>) => {
    const shapes = new Map<Expr, Shape>();
    const shapeOf = (x: Expr): Shape => shapes.get(x) as Shape;
    return rewrite(graph, (now, before) => {
      const shape = old.get(before) as Shape;
      let result = now;
      for (let next: Expr | undefined = now; next !== undefined; next = step(result, { shape, shapeOf })) result = next;
      shapes.set(result, shape);
      return result;
    });
  })(check(graph));
