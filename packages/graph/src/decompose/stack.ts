// The last walk of decomposeMany(): several seeds' parts in one tensor `[G, M, …]` at every node, G the seeds that have come
// so far. Every op acts on trailing axes, so a node that carries the parts of many seeds is one node still.
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { type Dim, type Shape, sameDim } from "../dim.ts";
import { type Fault, fault } from "../error.ts";
import type { Expr } from "../expr.ts";
import { layoutOf, type PartsLayout } from "../parts.ts";
import { concat, reshape, slice } from "../syntax.ts";
import { nodesOf } from "../traverse.ts";
import {
  type Built,
  biases,
  hasConstants,
  type IsBias,
  imageOf,
  namedParts,
  type Result,
  type Source,
  seedParts,
  verified,
} from "./build.ts";
import type { PartsTwin, Way } from "./way.ts";

/** Parts of some seeds, by their numbers, in the order of the first axis: `[G, M, …]`. */
type Stack = { readonly parts: Expr; readonly seeds: readonly number[] };

export const buildStacked = (source: Source, ways: readonly Way[]): Result<Built> => {
  const isBias = biases(source.graph);
  const hasBias = source.keeps && ways.some((way) => hasConstants(way, isBias));
  return pipe(
    layoutOfAll(ways, hasBias),
    E.bindTo("layout"),
    E.bind("begun", ({ layout }) => begunParts(source, ways, layout, hasBias ? 2 : 1)),
    E.chain(({ layout, begun }) => outputsOf(source, ways, layout, stacked(source, ways, layout, begun, isBias))),
  );
};

const layoutOfAll = (ways: readonly Way[], hasBias: boolean): Result<PartsLayout> => {
  const [first, ...others] = ways.map(({ seed }) => seed);
  if (first === undefined) return E.left([fault("decompose", "seeds", "at least one", "none")]);
  const odd = others.find((s) => s.tokenLevel !== first.tokenLevel || !sameDim(s.named, first.named));
  const wanted = `as many parts as ${first.name}, of the same kind`;
  return odd === undefined
    ? E.right(layoutOf(first.named, first.tokenLevel, hasBias))
    : E.left([fault("decompose", `seed ${odd.name}`, wanted, "others", "decompose them apart")]);
};

/** The parts where they begin, `[1, M, …]` each, by node and seed. */
type Begun = ReadonlyMap<Expr, readonly Stack[]>;

const begunParts = (source: Source, ways: readonly Way[], { count }: PartsLayout, extras: number): Result<Begun> =>
  pipe(
    ways.flatMap(({ seed, begun }, g) => [...begun].map(([whole, place]) => ({ seed, g, whole, place }))),
    E.traverseArray(({ seed, g, whole, place }) =>
      pipe(
        seedParts(source, seed, whole, place, extras),
        E.map((parts) => [whole, { parts: inFront(parts, [count, ...shapeOf(source, whole)]), seeds: [g] }] as const),
      ),
    ),
    E.map((found) => {
      const byNode = new Map<Expr, Stack[]>();
      for (const [whole, stack] of found) byNode.set(whole, [...(byNode.get(whole) ?? []), stack]);
      return byNode;
    }),
  );

const shapeOf = ({ shapes }: Source, x: Expr): Shape => shapes.get(x) as Shape;

const inFront = (parts: Expr, shape: Shape): Expr => reshape(shape.length, [1, ...shape])(parts);

/** Seeds that a node carries, by the twin that they have there. */
type Carriers = ReadonlyMap<PartsTwin, readonly number[]>;

const carriersOf = (ways: readonly Way[]): ReadonlyMap<Expr, Carriers> => {
  const found = new Map<Expr, Map<PartsTwin, number[]>>();
  ways.forEach(({ twins }, g) => {
    for (const [n, twin] of twins) {
      const own = found.get(n) ?? new Map<PartsTwin, number[]>();
      found.set(n, own.set(twin, [...(own.get(twin) ?? []), g]));
    }
  });
  return found;
};

const stacked = (
  source: Source,
  ways: readonly Way[],
  layout: PartsLayout,
  begun: Begun,
  isBias: IsBias,
): ReadonlyMap<Expr, Stack> => {
  const carriers = carriersOf(ways);
  const stacks = new Map<Expr, Stack>();
  for (const n of nodesOf(source.graph)) {
    const carried = [...(carriers.get(n) ?? [])].map(([twin, seeds]): Stack => {
      const partsOf = (x: Expr): Expr => picked(stacks.get(x) as Stack, seeds, shapeOf(source, x).length);
      return { parts: imageOf(source, n, twin, partsOf, { ...layout, groups: seeds.length }, isBias), seeds };
    });
    const all = [...carried, ...(begun.get(n) ?? [])];
    if (all.length > 0) stacks.set(n, joined(n, all, shapeOf(source, n).length));
  }
  return stacks;
};

const axis = (rank: number): number => -2 - rank;

const joined = (n: Expr, stacks: readonly Stack[], rank: number): Stack => ({
  parts: namedParts(
    n,
    joinedParts(
      stacks.map((s) => s.parts),
      rank,
    ),
  ),
  seeds: stacks.flatMap((s) => s.seeds),
});

const joinedParts = (parts: readonly Expr[], rank: number): Expr =>
  parts.length === 1 ? (parts[0] as Expr) : concat(axis(rank), ...parts);

/** Some seeds' parts out of a stack, in that order, as few slices as may be. */
const picked = ({ parts, seeds }: Stack, wanted: readonly number[], rank: number): Expr => {
  const places = wanted.map((seed) => seeds.indexOf(seed));
  const runs: (readonly [start: number, size: number])[] = [];
  for (const place of places) {
    const [start, size] = runs.at(-1) ?? [-2, 0];
    if (start + size === place) runs[runs.length - 1] = [start, size + 1];
    else runs.push([place, 1]);
  }
  if (runs.length === 1 && runs[0]?.[1] === seeds.length) return parts;
  return joinedParts(
    runs.map(([start, size]) => slice(axis(rank), start, size)(parts)),
    rank,
  );
};

/** Outputs have the parts of all seeds in their order, or of none. */
const outputsOf = (
  source: Source,
  ways: readonly Way[],
  layout: PartsLayout,
  stacks: ReadonlyMap<Expr, Stack>,
): Result<Built> => {
  const all = ways.map((_, g) => g);
  const faults = Object.entries(source.graph).flatMap(([name, x]): readonly Fault[] => {
    const missing = ways.find((_, g) => stacks.get(x)?.seeds.includes(g) === false);
    return missing === undefined
      ? []
      : [fault("decompose", `output ${name}`, "one that all seeds reach, or none", `not seed ${missing.seed.name}`)];
  });
  if (faults.length > 0) return E.left(faults);
  const outputs = new Set(Object.values(source.graph));
  const parts = new Map(
    [...stacks].map(([x, stack]) => [x, outputs.has(x) ? picked(stack, all, shapeOf(source, x).length) : stack.parts]),
  );
  const axesOf = (x: Expr): readonly Dim[] => [(stacks.get(x) as Stack).seeds.length, layout.count];
  return E.map((graph: Built["graph"]) => ({ graph, layout }))(verified(source, parts, axesOf));
};
