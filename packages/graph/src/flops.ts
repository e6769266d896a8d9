// How many floating-point operations does a graph take at given sizes? A row per op, from shapes alone. A multiplication and
// an addition are one each, so a product `[i, k] · [k, j]` counts 2·i·j·k; any other element computed counts one; what is only
// moved counts none. Composites count as their expansions, packed rows only for the rows there are.
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { product, type Shape, type Sizes, valueOf } from "./dim.ts";
import type { Fault } from "./error.ts";
import { expand, expandNode } from "./expand.ts";
import type { Expr, Graph, Node } from "./expr.ts";
import { firstRow } from "./rows.ts";
import { check, type Shapes } from "./shape.ts";
import { input } from "./syntax.ts";
import { applyRow, isComposite, type Table } from "./table.ts";
import { fold, nodesOf } from "./traverse.ts";

type Context = { readonly inputs: readonly Shape[]; readonly result: Shape; readonly sizes: Sizes };

const elements = (shape: Shape | undefined, sizes: Sizes): number => valueOf(product(shape ?? []), sizes);

const none = (): number => 0;
const each = (_: unknown, { result, sizes }: Context): number => elements(result, sizes);
const perRead = (_: unknown, { inputs, sizes }: Context): number => elements(inputs[0], sizes);

/** Σ over the last axis of the first operand, for each element of the result. */
const products = (_: unknown, { inputs, result, sizes }: Context): number =>
  2 * elements(result, sizes) * elements(inputs[0]?.slice(-1), sizes);

/** A composite over leaves of its operands' shapes, in primitives. Its operands fitted before. */
const expanded = (n: { readonly op: Expr["op"] }, { inputs, sizes }: Context): number => {
  const node = { ...(n as Expr), inputs: inputs.map((shape, i) => input(`in${i}`, shape)) } as Expr;
  if (!isComposite(node)) return 0;
  const counted = pipe(
    expand({ x: expandNode(node, inputs) }),
    E.chain((graph) => flops(graph, sizes)),
  );
  return E.isRight(counted) ? counted.right : Number.NaN;
};

/** Head h at token t adds, for each part m ≤ t, the values of tokens m … t; for each extra those of 0 … t. */
const mixing = ({ params }: Node<"attendRows">, { result, sizes }: Context): number => {
  const T = valueOf(params.tokens, sizes);
  const values = (T * (T + 1) * (T + 2)) / 6 + (params.extras * T * (T + 1)) / 2;
  return 2 * values * elements(result.slice(1), sizes);
};

/** What a split of all parts takes, for the rows there are of them. */
const splitting = ({ params, inputs }: Node<"splitRows">, context: Context): number => {
  const { extras, tokens, remainder, ...sharing } = params;
  const T = valueOf(tokens, context.sizes);
  const parts = T + extras;
  const [, neurons = []] = context.inputs;
  const dense = [parts, T, ...neurons.slice(1)];
  const split = { op: "split", params: { ...sharing, remainder: T + remainder }, inputs } as const;
  const all = expanded(split, { ...context, inputs: [dense, [T, ...neurons.slice(1)]] });
  return (all * firstRow(T, extras)) / (parts * T);
};

const operations: Table<readonly [Context], number> = {
  input: none,
  weight: none,
  constant: none,
  iota: none,
  size: none,
  neg: each,
  exp: each,
  log: each,
  sqrt: each,
  sin: each,
  cos: each,
  tanh: each,
  erf: each,
  roundF32: each,
  add: each,
  sub: each,
  mul: each,
  div: each,
  maximum: each,
  less: each,
  equal: each,
  where: each,
  sum: perRead,
  max: perRead,
  matmul: products,
  reshape: none,
  transpose: none,
  broadcast: none,
  slice: none,
  concat: none,
  gather: none,
  scatterAdd: perRead,
  freeze: none,
  linear: products,
  softmax: expanded,
  logSumExp: expanded,
  rmsScale: expanded,
  layerScale: expanded,
  rmsNorm: expanded,
  layerNorm: expanded,
  activate: expanded,
  gated: expanded,
  rope: expanded,
  attentionWeights: expanded,
  attend: expanded,
  topK: expanded,
  toExperts: expanded,
  fromExperts: expanded,
  tokenParts: none,
  addToPart: (_, { inputs, sizes }) => elements(inputs[1], sizes),
  split: expanded,
  tokenRows: none,
  seedRows: none,
  attendRows: mixing,
  addToRows: (_, { inputs, sizes }) => elements(inputs[1], sizes),
  splitRows: splitting,
  partsAt: none,
  unpackRows: none,
};

/** Whether a node depends on a tensor: what follows from sizes alone is computed once, beside the device. */
const open = (graph: Graph): ReadonlyMap<Expr, boolean> =>
  fold<boolean>(graph, (n, inputs) => n.op === "input" || n.op === "weight" || inputs.includes(true));

/** The operations of one run. Faults: a misshapen graph. */
export const flops = (graph: Graph, sizes: Sizes): E.Either<readonly Fault[], number> =>
  E.map((shapes: Shapes) => {
    const isOpen = open(graph);
    const shapeOf = (x: Expr): Shape => shapes.get(x) as Shape;
    return nodesOf(graph).reduce(
      (sum, n) =>
        isOpen.get(n)
          ? sum + applyRow(operations, n, { inputs: n.inputs.map(shapeOf), result: shapeOf(n), sizes })
          : sum,
      0,
    );
  })(check(graph));
