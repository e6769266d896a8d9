// Only the outputs that are wanted: everything that no other output needs goes with the rest.
import type { Graph } from "../expr.ts";

export const prune =
  (wanted: readonly string[]) =>
  (graph: Graph): Graph =>
    Object.fromEntries(Object.entries(graph).filter(([name]) => wanted.includes(name)));
