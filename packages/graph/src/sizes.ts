// What one run's tensors say of the symbolic sizes, and whether they fit the graph's inputs at all.
import * as E from "fp-ts/lib/Either.js";
import { type Dim, type Shape, type Sizes, showShape, valueOf } from "./dim.ts";
import { type Fault, fault } from "./error.ts";
import type { Graph, Node } from "./expr.ts";
import { isResident, type Resident, type Values } from "./resident.ts";
import { sizeOf, type Tensor, toF64 } from "./tensor.ts";
import { nodesOf } from "./traverse.ts";

export type Tensors = Readonly<Record<string, Tensor>>;

type Leaf = Node<"input"> | Node<"weight">;

export const leavesOf = (graph: Graph): readonly Leaf[] =>
  nodesOf(graph).filter((n): n is Extract<typeof n, Leaf> => n.op === "input" || n.op === "weight");

/** A dimension that is one bare symbol, which a tensor's shape can therefore bind. */
const bareSymbol = (d: Dim): string | undefined => {
  if (typeof d === "number" || d.terms.length !== 1) return undefined;
  const [symbol, ...others] = d.terms[0]?.symbols ?? [];
  return others.length === 0 && symbol === d.text ? symbol : undefined;
};

const bound = (leaf: Leaf, shape: readonly number[], sizes: Record<string, number>): void => {
  leaf.params.shape.forEach((d, i) => {
    const symbol = bareSymbol(d);
    if (symbol !== undefined && shape[i] !== undefined) sizes[symbol] ??= shape[i];
  });
};

const fits = (shape: Shape, got: readonly number[], sizes: Sizes): boolean =>
  shape.length === got.length && shape.every((d, i) => valueOf(d, sizes) === got[i]);

const leafFault = (leaf: Leaf, got: Tensor | Resident | undefined, sizes: Sizes): readonly Fault[] => {
  const { name, shape } = leaf.params;
  const where = `${leaf.op} ${name}`;
  if (got === undefined)
    return [fault("missing", where, `a tensor ${showShape(shape)}`, "none", "give one under this name")];
  if (!fits(shape, got.shape, sizes)) {
    const known = Object.entries(sizes).map(([symbol, value]) => `${symbol} = ${value}`);
    return [
      fault(
        "shape",
        where,
        `${showShape(shape)}${known.length > 0 ? ` with ${known.join(", ")}` : ""}`,
        showShape(got.shape),
      ),
    ];
  }
  if (isResident(got)) return [];
  if (got.data.length !== sizeOf(got.shape))
    return [fault("shape", where, `${sizeOf(got.shape)} values`, `${got.data.length}`)];
  const odd = leaf.op === "input" && leaf.params.dtype === "i32" && toF64(got).find((v) => !Number.isInteger(v));
  return typeof odd === "number" ? [fault("dtype", where, "whole numbers", `${odd}`)] : [];
};

/** Symbols count something: a prompt of no tokens is none. */
const symbolFaults = (sizes: Sizes): readonly Fault[] =>
  Object.entries(sizes).flatMap(([symbol, value]) =>
    Number.isInteger(value) && value >= 1
      ? []
      : [fault("size", `size ${symbol}`, "a whole number of at least 1", `${value}`)],
  );

/**
 * The value of every symbol from the tensors' shapes, over those given; every misfit is reported. Of a resident tensor
 * only the shape is looked at.
 */
export const bindSizes = (graph: Graph, tensors: Values, given: Sizes = {}): E.Either<readonly Fault[], Sizes> => {
  const sizes: Record<string, number> = { ...given };
  const leaves = leavesOf(graph);
  for (const leaf of leaves) {
    const found = Object.hasOwn(tensors, leaf.params.name) ? tensors[leaf.params.name] : undefined;
    if (found !== undefined) bound(leaf, found.shape, sizes);
  }
  const faults = [
    ...symbolFaults(sizes),
    ...leaves.flatMap((leaf) =>
      leafFault(leaf, Object.hasOwn(tensors, leaf.params.name) ? tensors[leaf.params.name] : undefined, sizes),
    ),
  ];
  return faults.length > 0 ? E.left(faults) : E.right(sizes);
};
