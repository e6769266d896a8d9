// A graph in pieces that run one after the other: between them an abort is heard and progress told, and pieces that are the
// same but for their weights are one model. Where to cut follows from the values alive between one node and the next: layers
// are where they are few, again and again. Cutting changes nothing of what is computed.
import {
  type Dim,
  type Expr,
  fold,
  type Graph,
  input,
  node,
  nodesOf,
  product,
  type Shape,
  type Shapes,
  symbolsOf,
  unnamed,
  valueOf,
  weight,
  withInputs,
} from "@depass/graph";

/** What a name of a segment's graph stands for: a run's input, a weight, or a value of an earlier segment. */
export type Source = { readonly kind: "input" | "weight" | "value"; readonly name: string };

export type Segment = {
  /** Inputs `in.N`, weights `weight.N`, outputs `out.N`; no sites. */
  readonly graph: Graph;
  readonly sources: ReadonlyMap<string, Source>;
  /** The value each output is. */
  readonly outputs: ReadonlyMap<string, string>;
  /** Those that the whole graph gives. */
  readonly finals: ReadonlySet<string>;
  /** Equal for segments that are one but for what their names stand for. */
  readonly key: string;
  /** A place of the model in it, for people. */
  readonly site: string | undefined;
};

export type Segmented = {
  readonly segments: readonly Segment[];
  /** The value of each output of the graph. */
  readonly outputs: Readonly<Record<string, string>>;
};

/** What symbols are taken for where sizes are compared. */
const NOMINAL = 64;
/** A run of a session costs about as much as this many small nodes. */
const FEWEST_NODES = 24;
/**
 * Making a session takes more than twice as long for twice the nodes, and a run hears of nothing within one. But each cut
 * hands over what is alive there: a training step of some thousand nodes is a third slower in segments of 256.
 */
const MOST_NODES = 1024;
/** Where hardly anything is handed over, segments are short: within one ONNX Runtime holds more than is alive at once. */
const SHORT_NODES = 128;
/**
 * A valley at which that is so: what is alive before it is as many times as much. More than that for a long segment: those of
 * training keep their memory from run to run (sessions.ts), and a step cut at 1.5 takes a quarter longer.
 */
const deepFor = (most: number): number => (most < MOST_NODES / 2 ? 1.5 : 2);

const nominalElements = (shape: Shape): number => {
  const count: Dim = product(shape);
  return valueOf(count, Object.fromEntries(symbolsOf(count).map((s) => [s, NOMINAL])));
};

/** Nodes that every segment has of its own: leaves, constants, and what follows from sizes alone. */
export const freeNodes = (graph: Graph): ReadonlySet<Expr> => {
  const isLeaf = (n: Expr): boolean => n.op === "input" || n.op === "weight";
  const reads = fold<boolean>(graph, (n, inputs) => isLeaf(n) || inputs.includes(true));
  return new Set(nodesOf(graph).filter((n) => isLeaf(n) || reads.get(n) === false));
};

/** Elements alive behind each node but for outputs that only wait. */
const aliveBehind = (nodes: readonly Expr[], shapes: Shapes): readonly number[] => {
  const at = new Map(nodes.map((n, i) => [n, i]));
  const last = new Map<Expr, number>();
  nodes.forEach((n, i) => {
    for (const x of n.inputs) if (at.has(x)) last.set(x, i);
  });
  const change = new Array<number>(nodes.length + 1).fill(0);
  for (const [x, until] of last) {
    const size = nominalElements(shapes.get(x) as Shape);
    change[at.get(x) as number] = (change[at.get(x) as number] as number) + size;
    change[until] = (change[until] as number) - size;
  }
  let alive = 0;
  return nodes.map((_, i) => {
    alive += change[i] as number;
    return alive;
  });
};

type Valley = readonly [place: number, elements: number];

/** The lowest point of every valley. */
const valleys = (alive: readonly number[]): readonly Valley[] => {
  const found: Valley[] = [];
  let falling = false;
  for (let i = 1; i < alive.length; i++) {
    const [before, now] = [alive[i - 1] as number, alive[i] as number];
    if (now > before && falling) found.push([i - 1, before]);
    if (now !== before) falling = now < before;
  }
  return found;
};

/** Where the same valley comes again and again: nodes behind which the graph is cut. */
const cutsOf = (nodes: readonly Expr[], shapes: Shapes): readonly number[] => {
  const alive = aliveBehind(nodes, shapes);
  const found = valleys(alive);
  const counts = new Map<number, number>();
  for (const [, size] of found) counts.set(size, (counts.get(size) ?? 0) + 1);
  const [usual] = [...counts].sort(([a, n], [b, m]) => m - n || a - b);
  const cuts: number[] = [];
  if (usual !== undefined && usual[1] >= 2)
    for (const [place, size] of found)
      if (size === usual[0] && place + 1 - (cuts.at(-1) ?? 0) >= FEWEST_NODES) cuts.push(place + 1);
  return [...cuts, nodes.length].flatMap((end, i) => [
    ...cutsWithin(cuts[i - 1] ?? 0, end, found, alive),
    ...(end === nodes.length ? [] : [end]),
  ]);
};

/** The lowest valley that makes a segment of half as many nodes to as many. */
const lowestWithin = (begin: number, most: number, found: readonly Valley[]): Valley | undefined =>
  found
    .filter(([place]) => place + 1 >= begin + most / 2 && place + 1 <= begin + most)
    .reduce<Valley | undefined>((a, b) => (a === undefined || b[1] < a[1] ? b : a), undefined);

/** Where no valley comes again, as where parts grow in number from layer to layer: a deep one, or the lowest of a long stretch. */
const cutsWithin = (
  from: number,
  to: number,
  found: readonly Valley[],
  alive: readonly number[],
): readonly number[] => {
  const isDeep = (begin: number, most: number, [place, elements]: Valley): boolean =>
    alive.slice(begin, place).some((size) => size >= deepFor(most) * elements);
  const cutBehind = (begin: number): Valley | undefined => {
    for (let most = SHORT_NODES; most <= MOST_NODES && most < to - begin; most *= 2) {
      const lowest = lowestWithin(begin, most, found);
      if (lowest !== undefined && (most === MOST_NODES || isDeep(begin, most, lowest))) return lowest;
    }
    return undefined;
  };
  const cuts: number[] = [];
  for (let begin = from; to - begin > 2 * SHORT_NODES; begin = cuts.at(-1) as number) {
    const cut = cutBehind(begin);
    if (cut === undefined) return cuts;
    cuts.push(cut[0] + 1);
  }
  return cuts;
};

/** Params as text; sizes by their canonical one. */
const exactly = (_: string, value: unknown): unknown => {
  if (typeof value === "object" && value !== null && "text" in value) return value.text;
  return typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0)) ? `number ${1 / value}` : value;
};

/** Equal graphs have equal texts. */
export const keyOf = (graph: Graph): string => {
  const numbers = new Map<Expr, number>();
  const lines = nodesOf(graph).map((n) => {
    numbers.set(n, numbers.size);
    return [n.op, n.params, n.inputs.map((x) => numbers.get(x))];
  });
  return JSON.stringify([lines, Object.entries(graph).map(([name, x]) => [name, numbers.get(x)])], exactly);
};

/** One segment from its nodes; `wanted` are those that something behind it reads. */
const segmentOf = (
  nodes: readonly Expr[],
  wanted: readonly Expr[],
  given: ReadonlySet<Expr>,
  shapes: Shapes,
  isFree: ReadonlySet<Expr>,
  idOf: (x: Expr) => string,
): Segment => {
  const sources = new Map<string, Source>();
  const own = new Map<Expr, Expr>();
  const from = (kind: Source["kind"], name: string, make: (local: string) => Expr): Expr => {
    const local = `${kind === "weight" ? "weight" : "in"}.${sources.size}`;
    sources.set(local, { kind, name });
    return make(local);
  };
  const outside = (x: Expr): Expr => {
    if (x.op === "weight") return from("weight", x.params.name, (local) => weight(local, x.params.shape));
    if (x.op === "input") return from("input", x.params.name, (local) => node("input", { ...x.params, name: local }));
    return isFree.has(x) ? x : from("value", idOf(x), (local) => input(local, shapes.get(x) as Shape));
  };
  const local = (x: Expr): Expr => {
    const made = own.get(x) ?? outside(x);
    own.set(x, made);
    return made;
  };
  for (const n of nodes) own.set(n, isFree.has(n) ? local(n) : unnamed(withInputs(n, n.inputs.map(local))));
  const named = wanted.map((x, i) => [`out.${i}`, x] as const);
  const graph = Object.fromEntries(named.map(([name, x]) => [name, local(x)]));
  const site = nodes.findLast((n) => n.site !== undefined)?.site;
  const finals = new Set(named.flatMap(([name, x]) => (given.has(x) ? [name] : [])));
  return {
    graph,
    sources,
    outputs: new Map(named.map(([name, x]) => [name, idOf(x)])),
    finals,
    key: `${keyOf(graph)} ${[...finals]}`,
    site,
  };
};

/** Before and behind each node that stands alone. */
const cutsAround = (nodes: readonly Expr[], isAlone: (n: Expr) => boolean): readonly number[] =>
  nodes.flatMap((n, i) => (isAlone(n) ? [i, i + 1] : []));

/** `cuts` are counted in the nodes that are computed; default: where cutsOf says, and around what is to stand alone. */
export const segmented = (
  graph: Graph,
  shapes: Shapes,
  cuts?: readonly number[],
  isAlone: (n: Expr) => boolean = () => false,
): Segmented => {
  const isFree = freeNodes(graph);
  const nodes = nodesOf(graph).filter((n) => !isFree.has(n));
  const found = cuts ?? [...new Set([...cutsOf(nodes, shapes), ...cutsAround(nodes, isAlone)])].sort((a, b) => a - b);
  return segmentedAt(graph, shapes, nodes, found, isFree);
};

/** The nodes that are computed in an order of one's own, inputs before users. */
export const segmentedAt = (
  graph: Graph,
  shapes: Shapes,
  nodes: readonly Expr[],
  cuts: readonly number[],
  isFree: ReadonlySet<Expr> = freeNodes(graph),
): Segmented => {
  const numbers = new Map<Expr, string>();
  const idOf = (x: Expr): string => numbers.get(x) ?? (numbers.set(x, `value.${numbers.size}`).get(x) as string);
  const places = [...cuts.filter((c) => c > 0 && c < nodes.length), nodes.length];
  const home = new Map<Expr, number>();
  nodes.forEach((n, i) => {
    home.set(
      n,
      places.findIndex((end) => i < end),
    );
  });
  const outputs = new Set(Object.values(graph));
  const crossing = new Set<Expr>(outputs);
  for (const n of nodes) for (const x of n.inputs) if (home.has(x) && home.get(x) !== home.get(n)) crossing.add(x);
  const last = places.length - 1;
  const segments = places.map((end, i) => {
    const inside = nodes.slice(places[i - 1] ?? 0, end);
    // An output that is no computed node comes from the last segment.
    const wanted = [...crossing].filter((x) => (home.get(x) ?? last) === i);
    return segmentOf(inside, wanted, outputs, shapes, isFree, idOf);
  });
  return { segments, outputs: Object.fromEntries(Object.entries(graph).map(([name, x]) => [name, idOf(x)])) };
};
