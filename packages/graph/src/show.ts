// A graph as numbered text, one node a line: what people read, what errors point to and what golden tests compare.
import * as E from "fp-ts/lib/Either.js";
import { type Shape, showDim, showShape } from "./dim.ts";
import { showFaults } from "./error.ts";
import { type Expr, type Graph, toGraph } from "./expr.ts";
import { check } from "./shape.ts";
import { nodesOf } from "./traverse.ts";

const LONG = 6;

const showParam = (value: unknown): string => {
  if (typeof value === "object" && value !== null && "text" in value) return String(value.text);
  if (Array.isArray(value)) {
    const shown = value.slice(0, LONG).map(showParam).join(", ");
    return `[${shown}${value.length > LONG ? `, … ${value.length} in all` : ""}]`;
  }
  return typeof value === "number" ? showDim(value) : String(value);
};

/** Leaves say their name or value first; the shape stands at the end of the line anyway. */
const showParams = (x: Expr): readonly string[] => {
  if (x.op === "input" || x.op === "weight") return [x.params.name];
  if (x.op === "constant")
    return [x.params.shape.length === 0 ? showParam(x.params.values[0]) : showParam(x.params.values)];
  return Object.entries(x.params).map(([name, value]) => `${name} ${showParam(value)}`);
};

const line = (x: Expr, number: number, numbers: ReadonlyMap<Expr, number>, shape: Shape | undefined): string => {
  const operands = [...x.inputs.map((i) => `%${numbers.get(i)}`), ...showParams(x)];
  const call = `%${number} = ${x.op}${operands.length > 0 ? ` ${operands.join(", ")}` : ""}`;
  return `${call}${shape === undefined ? "" : `  ${showShape(shape)}`}${x.site === undefined ? "" : `  @ ${x.site}`}`;
};

/** The graph as text: `%3 = linear %1, %2  [T, 48]  @ layers.0.mlp_out`; faults of a misshapen graph stand below it. */
export const show = (source: Graph | Expr): string => {
  const graph = toGraph(source);
  const nodes = nodesOf(graph);
  const numbers = new Map(nodes.map((n, i) => [n, i]));
  const checked = check(graph);
  const shapes = E.isRight(checked) ? checked.right : new Map<Expr, Shape>();
  const lines = nodes.map((n, i) => line(n, i, numbers, shapes.get(n)));
  const outputs = Object.entries(graph).map(([name, x]) => `${name}: %${numbers.get(x)}`);
  const faults = E.isLeft(checked) ? ["", "faults:", showFaults(checked.left)] : [];
  return [...lines, `outputs ${outputs.join(", ")}`, ...faults].join("\n");
};
