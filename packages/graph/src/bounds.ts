// What a graph asks of its symbolic sizes: shapes without empty axes, ranges within their axis, no query before the first
// key. Known only when a run says what T is, and checked then, before anything is computed.
import { type Dim, minus, plus, type Shape, type Sizes, showDim, valueOf } from "./dim.ts";
import { type Fault, fault } from "./error.ts";
import { type Expr, type Graph, nameOf } from "./expr.ts";
import type { Shapes } from "./shape.ts";
import { nodesOf } from "./traverse.ts";

/** `size` must be a whole number of at least `least`. */
export type SizeBound = { readonly where: string; readonly what: string; readonly size: Dim; readonly least: number };

type Asked = Omit<SizeBound, "where">;

/** A place counted from 0 among `count`. */
const placed = (what: string, place: Dim, count: Dim): readonly Asked[] => [
  { what, size: place, least: 0 },
  { what: `the places behind ${what}`, size: minus(count, place), least: 1 },
];

const asks = (n: Expr, shape: Shape, [x = [], y = []]: readonly Shape[]): readonly Asked[] => {
  const sizes = shape.map((size) => ({ what: "a size", size, least: 1 }));
  if (n.op === "slice") {
    const { start, size, axis } = n.params;
    const left = minus(x.at(axis) ?? 0, plus(start, size));
    return [
      ...sizes,
      { what: "start", size: start, least: 0 },
      { what: "the axis behind the slice", size: left, least: 0 },
    ];
  }
  if (n.op === "attentionWeights")
    return [...sizes, { what: "keys less queries", size: minus(y[0] ?? 0, x[0] ?? 0), least: 0 }];
  if (n.op === "addToPart") return [...sizes, ...placed("part", n.params.part, x.at(-1 - n.params.rank) ?? 0)];
  if (n.op === "split") return [...sizes, ...placed("remainder", n.params.remainder, x.at(-3) ?? 0)];
  return sizes;
};

/** Each thing a graph asks of its symbols, once. */
export const sizeBounds = (graph: Graph, shapes: Shapes): readonly SizeBound[] => {
  const found = new Map<string, SizeBound>();
  for (const n of nodesOf(graph)) {
    const inputs = n.inputs.map((i) => shapes.get(i) ?? []);
    for (const asked of asks(n, shapes.get(n) ?? [], inputs)) {
      const key = `${asked.least} ${showDim(asked.size)}`;
      // Known wrong numbers are misfits of check() already, except queries, which no rule compares with keys.
      const settled = typeof asked.size === "number" && asked.size >= asked.least;
      if (!settled && !found.has(key)) found.set(key, { where: nameOf(n), ...asked });
    }
  }
  return [...found.values()];
};

/** Bounds that these sizes break; a symbol that nothing bound breaks them too. */
export const checkSizes = (bounds: readonly SizeBound[], sizes: Sizes): readonly Fault[] =>
  bounds.flatMap(({ where, what, size, least }) => {
    const value = valueOf(size, sizes);
    if (Number.isInteger(value) && value >= least) return [];
    const known = Object.entries(sizes).map(([symbol, n]) => `${symbol} = ${n}`);
    const got = Number.isNaN(value) ? "a size that no input gives" : `${value}`;
    return [
      fault(
        "size",
        where,
        `${what} ${showDim(size)} to be a whole number of at least ${least}`,
        known.length > 0 ? `${got} with ${known.join(", ")}` : got,
      ),
    ];
  });
