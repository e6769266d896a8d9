// In which order the nodes of a tiled segment run where its chunks are apart: first what several chunks read, then all that is
// one chunk's own, chunk after chunk, then what comes of several, and so on. Cut between them, a chunk's rows are gone, and those that take
// their place are there, before the next chunk begins: at no time are the rows between two mixings all in memory.
import type { Expr, Graph } from "@depass/graph";
import { nodesOf } from "@depass/graph";

/** Even stages are everybody's, odd ones one chunk's. */
type Place = { readonly stage: number; readonly chunk: number };

const NOBODY = -1;

const isSame = (a: Place, b: Place): boolean => a.stage === b.stage && a.chunk === b.chunk;

/** Where a node can run as soon as its inputs have: what several chunks gave begins the next stage. */
const behind = (inputs: readonly Place[]): Place => {
  const stage = Math.max(0, ...inputs.map((p) => p.stage));
  const chunks = new Set(inputs.flatMap((p) => (p.stage === stage ? [p.chunk] : [])));
  if (chunks.size > 1) return { stage: stage + 1, chunk: NOBODY };
  return { stage, chunk: [...chunks][0] ?? NOBODY };
};

const begun = (place: Place, chunk: number | undefined): Place =>
  chunk === undefined || place.chunk !== NOBODY ? place : { stage: place.stage + 1, chunk };

const placesOf = (
  nodes: readonly Expr[],
  owners: ReadonlyMap<Expr, number>,
  outputs: ReadonlySet<Expr>,
): ReadonlyMap<Expr, Place> => {
  const places = new Map<Expr, Place>(
    [...owners].flatMap(([x, chunk]) => (x.op === "input" ? [[x, { stage: 1, chunk }]] : [])),
  );
  for (const n of nodes) {
    const inputs = n.inputs.flatMap((x) => places.get(x) ?? []);
    places.set(n, begun(behind(inputs), owners.get(n)));
  }
  // What is read by one chunk alone is made with it.
  const readers = new Map<Expr, Place[]>();
  for (const n of [...nodes].reverse()) {
    const own = readers.get(n) ?? [];
    const [reader] = own;
    const moves = reader !== undefined && reader.chunk !== NOBODY && own.every((p) => isSame(p, reader));
    if (moves && places.get(n)?.chunk === NOBODY && !outputs.has(n)) places.set(n, reader);
    for (const x of n.inputs) readers.set(x, [...(readers.get(x) ?? []), places.get(n) as Place]);
  }
  return places;
};

/** Nodes of one place by what they hang together with, each by the first of its own: what hangs together is computed at once. */
const groupsOf = (nodes: readonly Expr[], places: ReadonlyMap<Expr, Place>): ReadonlyMap<Expr, number> => {
  const above = nodes.map((_, i) => i);
  const first = (i: number): number => {
    const next = above[i] as number;
    return next === i ? i : first(next);
  };
  const at = new Map(nodes.map((n, i) => [n, i]));
  nodes.forEach((n, i) => {
    for (const x of n.inputs) {
      const j = at.get(x);
      if (j === undefined || !isSame(places.get(x) as Place, places.get(n) as Place)) continue;
      const [low, high] = [first(i), first(j)].sort((a, b) => a - b) as [number, number];
      above[high] = low;
    }
  });
  return new Map(nodes.map((n, i) => [n, (places.get(n) as Place).chunk === NOBODY ? first(i) : 0]));
};

export type Order = { readonly nodes: readonly Expr[]; readonly cuts: readonly number[] };

/** `isFree`: nodes that need no place. Inputs stay before users; cuts are counted in the nodes given. */
export const chunkByChunk = (graph: Graph, owners: ReadonlyMap<Expr, number>, isFree: ReadonlySet<Expr>): Order => {
  const free = nodesOf(graph).filter((n) => !isFree.has(n));
  const places = placesOf(free, owners, new Set(Object.values(graph)));
  const of = (n: Expr): Place => places.get(n) as Place;
  const groups = groupsOf(free, places);
  const group = (n: Expr): number => groups.get(n) as number;
  const nodes = [...free].sort((a, b) => of(a).stage - of(b).stage || of(a).chunk - of(b).chunk || group(a) - group(b));
  const isCut = (a: Expr, b: Expr): boolean => !isSame(of(a), of(b)) || group(a) !== group(b);
  const cuts = nodes.flatMap((n, i) => (i > 0 && isCut(nodes[i - 1] as Expr, n) ? [i] : []));
  return { nodes, cuts };
};
