// Graphs of gradients to test passes and backends on, made from any others with their tensors.
import * as E from "fp-ts/lib/Either.js";
import type { Shape, Sizes } from "../dim.ts";
import { internal, showFaults } from "../error.ts";
import type { Graph } from "../expr.ts";
import { check, type Shapes } from "../shape.ts";
import { leavesOf, type Tensors } from "../sizes.ts";
import { cotangentName, vjp } from "../vjp.ts";
import { filled, noise } from "./values.ts";

export type Runnable = { readonly graph: Graph; readonly tensors: Tensors; readonly sizes: Sizes };

/** The leaves that can vary by little. */
export const floatLeaves = (graph: Graph): readonly string[] => {
  const floats = leavesOf(graph).filter((leaf) => leaf.op === "weight" || leaf.params.dtype === "f32");
  return [...new Set(floats.map((leaf) => leaf.params.name))];
};

/** A random cotangent for every output; that of a scalar is 1. */
export const cotangentsOf = (graph: Graph, sizes: Sizes): Tensors => {
  const checked = check(graph);
  const shapes: Shapes = E.isRight(checked) ? checked.right : internal(showFaults(checked.left));
  const outputs = Object.entries(graph).map(([name, x], i) => {
    const shape = shapes.get(x) as Shape;
    return [name, filled(shape, sizes, (k) => (shape.length === 0 ? 1 : noise(k, 300 + i)))] as const;
  });
  return Object.fromEntries(outputs);
};

/** The graph and the gradients of all its outputs by all its float leaves; nothing for a graph without such leaves. */
export const withGradients = ({ graph, tensors, sizes }: Runnable): readonly Runnable[] => {
  const [of, wrt] = [Object.keys(graph), floatLeaves(graph)];
  if (wrt.length === 0) return [];
  const pulled = vjp(graph, { of, wrt, keep: of });
  if (E.isLeft(pulled)) return internal(showFaults(pulled.left));
  const given = Object.entries(cotangentsOf(graph, sizes)).map(([name, v]) => [cotangentName(name), v] as const);
  return [{ graph: pulled.right, tensors: { ...tensors, ...Object.fromEntries(given) }, sizes }];
};
