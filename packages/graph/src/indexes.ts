// Ids from outside that index something: token ids into an embedding, a position into a sequence. Kernels do not check
// them, so a run does, before anything else happens.
import { type Dim, type Sizes, showDim, valueOf } from "./dim.ts";
import { type Fault, fault } from "./error.ts";
import type { Expr, Graph } from "./expr.ts";
import type { Shapes } from "./shape.ts";
import type { Tensors } from "./sizes.ts";
import { toF64 } from "./tensor.ts";
import { nodesOf } from "./traverse.ts";

export type IndexBound = { readonly input: string; readonly below: Dim };

const inputBehind = (index: Expr): string | undefined => {
  let x = index;
  while (x.op === "reshape" || x.op === "freeze") x = x.inputs[0] as Expr;
  return x.op === "input" ? x.params.name : undefined;
};

/** Which input is the index: the last one, of all ops that have one. */
const indexOf = (n: Expr): Expr => n.inputs.at(-1) as Expr;

/** The size of the axis that a node's index counts along, if it reads one. */
const indexed = (n: Expr, shapes: Shapes): Dim | undefined => {
  if (n.op === "gather") return shapes.get(n.inputs[0] as Expr)?.at(n.params.axis);
  if (n.op === "toExperts" || n.op === "fromExperts") return shapes.get(n.inputs[1] as Expr)?.[0];
  if (n.op === "scatterAdd") return n.params.size;
  return n.op === "partsAt" ? n.params.tokens : undefined;
};

/** Every input that is read as an index, and what its values must stay below. */
export const indexBounds = (graph: Graph, shapes: Shapes): readonly IndexBound[] =>
  nodesOf(graph).flatMap((n) => {
    const below = indexed(n, shapes);
    const input = below === undefined ? undefined : inputBehind(indexOf(n));
    return input === undefined || below === undefined ? [] : [{ input, below }];
  });

/** Values that are no index there; one fault per input and bound. */
export const checkIndexes = (bounds: readonly IndexBound[], tensors: Tensors, sizes: Sizes): readonly Fault[] =>
  bounds.flatMap(({ input, below }) => {
    const limit = valueOf(below, sizes);
    const found = tensors[input];
    const data = found === undefined ? [] : toF64(found);
    const place = data.findIndex((v) => !(Number.isInteger(v) && v >= 0 && v < limit));
    return place < 0
      ? []
      : [
          fault(
            "index",
            `input ${input}[${place}]`,
            `a whole number below ${showDim(below)} = ${limit}`,
            `${data[place]}`,
          ),
        ];
  });
