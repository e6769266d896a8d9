// What are things called in a file? Inputs, outputs and weights as the graph calls them; a value with a site by its site; any
// other by the place of the model that it is on the way to, and a number: `layers.3.attn.z/12`.
import { type Expr, type Graph, nodesOf } from "@depass/graph";
import type { Fresh } from "../lower/builder.ts";

/** This name, with a number behind it where it is taken; then it is taken. */
export type Take = (wanted: string) => string;

/** Names of nodes and of what they compute. */
export type Names = {
  readonly fresh: Fresh;
  /** Told which node is lowered next; gives the name its value is to have, if any. */
  readonly enter: (x: Expr) => string | undefined;
};

/** `taken` is what nothing else may be called. */
export const namesBeside = (taken: Iterable<string>): Take => {
  const used = new Set(taken);
  const counts = new Map<string, number>();
  return (wanted) => {
    let name = wanted;
    let count = counts.get(wanted) ?? 2;
    while (used.has(name)) name = `${wanted}.${count++}`;
    counts.set(wanted, count);
    used.add(name);
    return name;
  };
};

/** For each node its site, or the first place behind it: a site, or the name of an output. */
const placesOf = (graph: Graph): ReadonlyMap<Expr, string> => {
  const places = new Map<Expr, string>();
  for (const [name, x] of Object.entries(graph).reverse()) places.set(x, name);
  for (const n of [...nodesOf(graph)].reverse()) {
    const place = n.site ?? (places.get(n) as string);
    for (const x of n.inputs) places.set(x, place);
    places.set(n, place);
  }
  return places;
};

/** Conditions and counts become numbers on their way out, under another name. */
const isNumber = ({ op }: Expr): boolean => op !== "less" && op !== "equal";

/** Outputs have their names already; sites get theirs as they come. */
export const namesIn = (graph: Graph, take: Take): Names => {
  const places = placesOf(graph);
  const outputs = new Map<Expr, string>();
  for (const [name, x] of Object.entries(graph)) if (!outputs.has(x) && isNumber(x)) outputs.set(x, name);
  const counts = new Map<string, number>();
  let place = "";
  const numbered = (base: string): string => {
    const count = counts.get(base) ?? 0;
    counts.set(base, count + 1);
    return take(`${base}/${count}`);
  };
  return {
    fresh: (kind) => numbered(kind === "constant" ? "constant" : place),
    enter: (x) => {
      place = places.get(x) as string;
      return outputs.get(x) ?? (x.site === undefined ? undefined : take(x.site));
    },
  };
};
