// Equal expressions become one node (common subexpressions). Nodes with different sites stay apart.
import type { Expr, Graph } from "../expr.ts";
import { rewrite } from "../traverse.ts";

export const share = (graph: Graph): Graph => {
  const numbers = new Map<Expr, number>();
  const known = new Map<string, Expr>();
  const numberOf = (x: Expr): number => numbers.get(x) ?? numbers.set(x, numbers.size).size - 1;
  return rewrite(graph, (x) => {
    const key = `${x.op} ${JSON.stringify(x.params)} ${x.inputs.map(numberOf).join(" ")} ${x.site ?? ""}`;
    const same = known.get(key);
    if (same === undefined) known.set(key, x);
    return same ?? x;
  });
};
