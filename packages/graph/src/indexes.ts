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

/** Every input that a gather reads as an index, and what its values must stay below. */
export const indexBounds = (graph: Graph, shapes: Shapes): readonly IndexBound[] =>
  nodesOf(graph).flatMap((n) => {
    if (n.op !== "gather" && n.op !== "partsAt") return [];
    const input = inputBehind(n.inputs[1] as Expr);
    const below = n.op === "partsAt" ? n.params.tokens : shapes.get(n.inputs[0] as Expr)?.at(n.params.axis);
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
