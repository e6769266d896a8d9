// Only the outputs that are wanted, in the order given: everything that no other output needs goes with the rest. Nodes are
// walked in the order of the outputs, so the first ones are also computed first.
import type { Graph } from "../expr.ts";

export const prune =
  (wanted: readonly string[]) =>
  (graph: Graph): Graph =>
    Object.fromEntries(
      wanted.flatMap((name) => {
        const output = Object.hasOwn(graph, name) ? graph[name] : undefined;
        return output === undefined ? [] : [[name, output] as const];
      }),
    );
