// A norm's gain goes into the matrix behind it, once, when weights are read: (x · g) Wᵀ = x (W · g)ᵀ. Only where every use
// of W stands behind that gain, so that no matrix is kept twice.
import {
  type Expr,
  fold as folded,
  type Graph,
  linear,
  mul,
  nodesOf,
  rewrite,
  type Shape,
  type Shapes,
  weight,
} from "@depass/graph";

export type Folded = {
  readonly graph: Graph;
  /** Values of the weights that are not the checkpoint's own, as expressions over those. */
  readonly derived: ReadonlyMap<string, Expr>;
};

/** Nodes that depend on weights, and on nothing that a run brings. */
const fixedNodes = (graph: Graph): ReadonlySet<Expr> => {
  const kinds = folded<"fixed" | "constant" | "open">(graph, (n, inputs) => {
    if (n.op === "weight") return "fixed";
    if (n.op === "constant") return "constant";
    if (n.op === "input" || n.op === "iota" || n.op === "size" || inputs.includes("open")) return "open";
    return inputs.includes("fixed") ? "fixed" : "constant";
  });
  return new Set([...kinds].flatMap(([n, kind]) => (kind === "fixed" ? [n] : [])));
};

/** The gain in linear(x · gain, W), if it is one per column. */
const gainOf = (n: Expr, isFixed: ReadonlySet<Expr>, shapes: Shapes): readonly [x: Expr, gain: Expr] | undefined => {
  if (n.op !== "linear") return undefined;
  const [scaled] = n.inputs as readonly [Expr];
  if (scaled.op !== "mul") return undefined;
  const [x, gain] = scaled.inputs as readonly [Expr, Expr];
  return isFixed.has(gain) && shapes.get(gain)?.length === 1 && !isFixed.has(x) ? [x, gain] : undefined;
};

/** Matrices whose every use is behind one gain. */
const movable = (graph: Graph, isFixed: ReadonlySet<Expr>, shapes: Shapes): ReadonlyMap<Expr, Expr> => {
  const gains = new Map<Expr, Expr | undefined>();
  for (const w of Object.values(graph)) gains.set(w, undefined);
  for (const n of nodesOf(graph))
    n.inputs.forEach((w, i) => {
      const gain = i === 1 ? gainOf(n, isFixed, shapes)?.[1] : undefined;
      gains.set(w, gains.has(w) && gains.get(w) !== gain ? undefined : gain);
    });
  return new Map([...gains].flatMap(([w, gain]) => (isFixed.has(w) && gain !== undefined ? [[w, gain] as const] : [])));
};

/** `shapes` are those of the graph. */
export const foldWeights = (graph: Graph, shapes: Shapes): Folded => {
  const isFixed = fixedNodes(graph);
  const moved = movable(graph, isFixed, shapes);
  const derived = new Map<string, Expr>();
  const known = new Map<string, Expr>();
  const valueOf = (x: Expr, shape: Shape): Expr => {
    const key = textOf(x);
    const found = known.get(key) ?? weight(`derived.${derived.size}`, shape);
    if (!known.has(key)) derived.set(`derived.${derived.size}`, x);
    known.set(key, found);
    return found;
  };
  const result = rewrite(graph, (now, old) => {
    const [w] = old.inputs.slice(1);
    const gain = w === undefined ? undefined : moved.get(w);
    const found = gain === undefined ? undefined : gainOf(old, isFixed, shapes);
    if (found === undefined || w === undefined || gain === undefined) return now;
    return linear(valueOf(mul(w, gain), shapes.get(w) as Shape))((now.inputs[0] as Expr).inputs[0] as Expr);
  });
  return { graph: result, derived };
};

/** Equal expressions over weights have equal texts; these are a few nodes deep. */
const textOf = (x: Expr): string =>
  x.op === "weight" ? x.params.name : `${x.op}(${x.inputs.map(textOf)}; ${JSON.stringify(x.params)})`;
