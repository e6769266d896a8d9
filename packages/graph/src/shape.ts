// The shape of every node, with symbolic sizes, or what is wrong with it. check() collects every fault of a graph at once.
// The rules are in shape/primitives.ts and shape/composites.ts.
import * as E from "fp-ts/lib/Either.js";
import { type Dim, type Shape, showShape, symbolsOf } from "./dim.ts";
import { type Fault, fault } from "./error.ts";
import { type Expr, type Graph, nameOf } from "./expr.ts";
import type { OpName } from "./op.ts";
import { compositeShapes } from "./shape/composites.ts";
import { misfit, ok, type ShapeArgs, type Shaped } from "./shape/misfit.ts";
import { primitiveShapes } from "./shape/primitives.ts";
import { applyRow, type Table } from "./table.ts";
import { fold, nodesOf } from "./traverse.ts";

const shapes: Table<ShapeArgs, Shaped> = { ...primitiveShapes, ...compositeShapes };

/** How many inputs each op takes; concat takes any number. */
const arity: Readonly<Record<OpName, number>> = {
  input: 0,
  weight: 0,
  constant: 0,
  iota: 0,
  size: 0,
  neg: 1,
  exp: 1,
  log: 1,
  sqrt: 1,
  sin: 1,
  cos: 1,
  tanh: 1,
  erf: 1,
  roundF32: 1,
  freeze: 1,
  add: 2,
  sub: 2,
  mul: 2,
  div: 2,
  maximum: 2,
  less: 2,
  equal: 2,
  where: 3,
  sum: 1,
  max: 1,
  matmul: 2,
  reshape: 1,
  transpose: 1,
  broadcast: 1,
  slice: 1,
  concat: Number.NaN,
  gather: 2,
  scatterAdd: 2,
  linear: 2,
  softmax: 1,
  logSumExp: 1,
  rmsScale: 1,
  layerScale: 1,
  rmsNorm: 2,
  layerNorm: 3,
  activate: 1,
  gated: 2,
  rope: 3,
  attentionWeights: 2,
  attend: 2,
  topK: 1,
  toExperts: 3,
  fromExperts: 3,
  tokenParts: 1,
  addToPart: 2,
  split: 2,
  tokenRows: 1,
  seedRows: 1,
  attendRows: 2,
  addToRows: 2,
  splitRows: 2,
  partsAt: 2,
  unpackRows: 1,
};

/** A plain number must be a size; a symbolic one is known in a run only (bounds.ts). */
const isSize = (d: Dim): boolean => (typeof d === "number" ? Number.isInteger(d) && d > 0 : symbolsOf(d).length > 0);

const ofSizes = (shape: Shape): Shaped =>
  shape.every(isSize) ? ok(shape) : misfit("sizes that are whole numbers above 0", showShape(shape));

const shapeOfNode = (node: Expr, inputs: readonly Shape[]): Shaped =>
  arity[node.op] >= 0 && node.inputs.length !== arity[node.op]
    ? misfit(`${arity[node.op]} inputs`, `${node.inputs.length}`)
    : E.chain(ofSizes)(applyRow(shapes, node, inputs));

/** Every node of a checked graph with its shape. */
export type Shapes = ReadonlyMap<Expr, Shape>;

/**
 * Shapes of all nodes, or every fault of the graph: misfitting shapes, one name for two inputs, one site for two nodes.
 * A node that stands on a faulty one is not reported again.
 */
export const check = (graph: Graph): E.Either<readonly Fault[], Shapes> => {
  const faults: Fault[] = [...nameFaults(graph)];
  const shapesOf = fold<Shape | undefined>(graph, (node, inputs) => {
    if (inputs.some((s) => s === undefined)) return undefined;
    const shaped = shapeOfNode(node, inputs as readonly Shape[]);
    if (E.isRight(shaped)) return shaped.right;
    faults.push(fault("graph", nameOf(node), shaped.left.expected, shaped.left.got));
    return undefined;
  });
  return faults.length > 0 ? E.left(faults) : E.right(shapesOf as Shapes);
};

/** Two different tensors under one name, two different nodes under one site. */
const nameFaults = (graph: Graph): readonly Fault[] => {
  const leaves = new Map<string, string>();
  const sites = new Set<string>();
  return nodesOf(graph).flatMap((n) => {
    const found: Fault[] = [];
    if (n.site !== undefined && sites.has(n.site))
      found.push(fault("graph", nameOf(n), "a site used once", "the same site on two nodes", "give each its own name"));
    if (n.site !== undefined) sites.add(n.site);
    if (n.op === "input" || n.op === "weight") {
      const kind = `${n.op === "input" ? `${n.params.dtype} input` : n.op} ${showShape(n.params.shape)}`;
      const known = leaves.get(n.params.name) ?? kind;
      leaves.set(n.params.name, known);
      if (known !== kind) found.push(fault("graph", `${n.op} ${n.params.name}`, `${known} as before`, kind));
    }
    return found;
  });
};
