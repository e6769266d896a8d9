// Equal expressions become one node (common subexpressions). Nodes with different sites stay apart.
import type { Expr, Graph } from "../expr.ts";
import { rewrite } from "../traverse.ts";

/** JSON has no infinities, no NaN and no negative zero; as constants they all differ. */
const exactly = (_: string, value: unknown): unknown =>
  typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0))
    ? { number: Object.is(value, -0) ? "-0" : String(value) }
    : value;

export const share = (graph: Graph): Graph => {
  const numbers = new Map<Expr, number>();
  const known = new Map<string, Expr>();
  const numberOf = (x: Expr): number => numbers.get(x) ?? numbers.set(x, numbers.size).size - 1;
  return rewrite(graph, (x) => {
    const key = JSON.stringify([x.op, x.params, x.inputs.map(numberOf), x.site], exactly);
    const same = known.get(key);
    if (same === undefined) known.set(key, x);
    return same ?? x;
  });
};
