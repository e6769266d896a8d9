// Reference values in f64: the oracle for every backend and every pass. Composites are expanded first, so only the
// primitives have values: evaluate/primitives.ts.
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { checkSizes, sizeBounds } from "./bounds.ts";
import { type Shape, type Sizes, shapeOfSizes } from "./dim.ts";
import { type Fault, internal } from "./error.ts";
import { type Run, type Value, values } from "./evaluate/primitives.ts";
import { expand } from "./expand.ts";
import { type Expr, type Graph, toGraph } from "./expr.ts";
import { checkIndexes, indexBounds } from "./indexes.ts";
import { check, type Shapes } from "./shape.ts";
import { bindSizes, type Tensors } from "./sizes.ts";
import { applyRow, type Table } from "./table.ts";
import { type Tensor, tensor } from "./tensor.ts";
import { nodesOf, uses } from "./traverse.ts";

/**
 * Every output of a graph in f64. Sizes such as T follow from the tensors' shapes, or are given.
 * Faults: a misshapen graph, a missing tensor, a tensor of another shape, sizes or ids out of range.
 */
export const evaluate = (
  graphOrExpr: Graph | Expr,
  tensors: Tensors,
  given: Sizes = {},
): E.Either<readonly Fault[], Tensors> =>
  pipe(
    E.Do,
    E.bind("source", () => E.right(toGraph(graphOrExpr))),
    E.bind("sourceShapes", ({ source }) => check(source)),
    E.bind("sizes", ({ source }) => bindSizes(source, tensors, given)),
    E.chainFirst(({ source, sourceShapes, sizes }) => {
      const wrongSizes = checkSizes(sizeBounds(source, sourceShapes), sizes);
      const faults = [...wrongSizes, ...checkIndexes(indexBounds(source, sourceShapes), tensors, sizes)];
      return faults.length > 0 ? E.left(faults) : E.right(undefined);
    }),
    E.bind("graph", ({ source }) => expand(source)),
    E.bind("shapes", ({ graph }) => check(graph)),
    E.map(({ graph, shapes, sizes }) => outputs(graph, shapes, tensors, sizes)),
  );

const outputs = (graph: Graph, shapes: Shapes, tensors: Tensors, sizes: Sizes): Tensors => {
  const results = new Map<Expr, Value>();
  const left = new Map(uses(graph));
  for (const n of nodesOf(graph)) {
    const out = shapeOfSizes(shapes.get(n) as Shape, sizes);
    const inputs = n.inputs.map((i) => results.get(i) as Value);
    const data = applyRow(values as Table<readonly [readonly Value[], Run], Float64Array>, n, inputs, {
      out,
      tensors,
      sizes,
    });
    results.set(n, { shape: out, data });
    for (const i of n.inputs) {
      const remaining = (left.get(i) as number) - 1;
      left.set(i, remaining);
      if (remaining === 0) results.delete(i);
    }
  }
  const asTensor = (x: Expr): Tensor => {
    const { shape, data } = results.get(x) as Value;
    return tensor("f64", shape, data);
  };
  return Object.fromEntries(Object.entries(graph).map(([name, x]) => [name, asTensor(x)]));
};

/** The value of one expression that reads no tensor: index tables, rotary tables. */
export const evaluateClosed = (x: Expr, sizes: Sizes): Tensor => {
  const result = evaluate({ x }, {}, sizes);
  return E.isRight(result) ? (result.right.x as Tensor) : internal(`closed expression: ${JSON.stringify(result.left)}`);
};
