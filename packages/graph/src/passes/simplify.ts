// Nodes that change nothing are taken out: adding zeros, multiplying by one, movements to where things already are.
// One pass bottom-up reaches a fixed point, because a node is looked at after its inputs.
import * as E from "fp-ts/lib/Either.js";
import { type Shape, sameShape } from "../dim.ts";
import type { Fault } from "../error.ts";
import { type Expr, type Graph, type Node, withInputs } from "../expr.ts";
import { check } from "../shape.ts";
import { applyOverride, type Overrides } from "../table.ts";
import { rewrite } from "../traverse.ts";

type Context = { readonly shape: Shape; readonly shapes: readonly Shape[] };
type Rules = Overrides<readonly [context: Context], Expr | undefined>;

const isAll = (value: number, x: Expr): boolean => {
  if (x.op === "constant") return x.params.values.every((v) => v === value);
  return x.op === "broadcast" && isAll(value, x.inputs[0] as Expr);
};

/** The operand that is left when the other is neutral, if it has the result's shape by itself. */
const without =
  (neutral: number, sides: readonly number[]) =>
  ({ inputs }: Node, { shape, shapes }: Context): Expr | undefined => {
    const side = sides.find((i) => isAll(neutral, inputs[i] as Expr) && sameShape(shapes[1 - i] as Shape, shape));
    return side === undefined ? undefined : inputs[1 - side];
  };

const whenSame = ({ inputs }: Node, { shape, shapes }: Context): Expr | undefined =>
  sameShape(shape, shapes[0] as Shape) ? inputs[0] : undefined;

const rules: Rules = {
  add: without(0, [0, 1]),
  sub: without(0, [1]),
  mul: without(1, [0, 1]),
  div: without(1, [1]),
  reshape: (node, context) => whenSame(node, context) ?? joinedReshape(node),
  broadcast: whenSame,
  slice: whenSame,
  concat: ({ inputs }) => (inputs.length === 1 ? inputs[0] : undefined),
  transpose: ({ params, inputs }) =>
    params.order.every((axis, i) => axis === i - params.order.length) ? inputs[0] : undefined,
};

/** A reshape of an unnamed reshape of the same axes goes there directly. */
const joinedReshape = (node: Node<"reshape">): Expr | undefined => {
  const inner = node.inputs[0] as Expr;
  if (inner.op !== "reshape" || inner.site !== undefined || inner.params.to.length !== node.params.rank)
    return undefined;
  return withInputs({ ...node, params: { rank: inner.params.rank, to: node.params.to } } as Expr, inner.inputs);
};

/** Faults are those of check(): only a well-shaped graph can be simplified. */
export const simplify = (graph: Graph): E.Either<readonly Fault[], Graph> =>
  E.map((shapes: ReadonlyMap<Expr, Shape>) =>
    rewrite(graph, (now, old) => {
      const context = { shape: shapes.get(old) as Shape, shapes: old.inputs.map((i) => shapes.get(i) as Shape) };
      const simpler = applyOverride(rules, now, context);
      // A name is worth more than a saved node: the simpler expression takes it over unless it has its own.
      if (simpler === undefined || (old.site !== undefined && simpler.site !== undefined)) return now;
      return old.site === undefined ? simpler : ({ ...simpler, site: old.site } as Expr);
    }),
  )(check(graph));
