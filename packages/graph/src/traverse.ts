// Walking graphs without recursion: they are thousands of nodes deep. Every walk is one topological order.
import { type Expr, type Graph, withInputs } from "./expr.ts";

/** Every node once, inputs before users, in the order in which the outputs first need them. */
export const topological = (roots: readonly Expr[]): readonly Expr[] => {
  const order: Expr[] = [];
  const seen = new Set<Expr>();
  const stack: { readonly node: Expr; next: number }[] = [];
  const visit = (node: Expr): void => {
    if (seen.has(node)) return;
    seen.add(node);
    stack.push({ node, next: 0 });
  };
  for (const root of roots) {
    visit(root);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const input = top.node.inputs[top.next++];
      if (input !== undefined) visit(input);
      else order.push((stack.pop() as { node: Expr }).node);
    }
  }
  return order;
};

export const nodesOf = (graph: Graph): readonly Expr[] => topological(Object.values(graph));

/** A value for every node from the values of its inputs, each computed once. */
export const fold = <A>(graph: Graph, step: (node: Expr, inputs: readonly A[]) => A): ReadonlyMap<Expr, A> => {
  const values = new Map<Expr, A>();
  for (const n of nodesOf(graph))
    values.set(
      n,
      step(
        n,
        n.inputs.map((i) => values.get(i) as A),
      ),
    );
  return values;
};

/** The graph with every node replaced bottom-up; `replace` sees the node over its new inputs, and the old node. */
export const rewrite = (graph: Graph, replace: (node: Expr, old: Expr) => Expr): Graph => {
  const values = fold<Expr>(graph, (old, inputs) => replace(withInputs(old, inputs), old));
  return mapOutputs(graph, (x) => values.get(x) as Expr);
};

export const mapOutputs = (graph: Graph, f: (x: Expr) => Expr): Graph =>
  Object.fromEntries(Object.entries(graph).map(([name, x]) => [name, f(x)]));

/** How often each node is read: by other nodes and as an output. */
export const uses = (graph: Graph): ReadonlyMap<Expr, number> => {
  const counts = new Map<Expr, number>();
  const count = (x: Expr): unknown => counts.set(x, (counts.get(x) ?? 0) + 1);
  for (const n of nodesOf(graph)) n.inputs.forEach(count);
  Object.values(graph).forEach(count);
  return counts;
};

/** The node with this site, in the graph's order. */
export const findSite = (graph: Graph, site: string): Expr | undefined => nodesOf(graph).find((n) => n.site === site);

export const sitesOf = (graph: Graph): readonly string[] =>
  nodesOf(graph).flatMap((n) => (n.site === undefined ? [] : [n.site]));
