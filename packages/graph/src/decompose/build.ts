// The last walk of decompose(): the parts of every node on the way, from its twin, with what no part supplied in the parts
// `bias` and `remainder`; and whether what seeds, rules and twins have built are parts at all.
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { type Shape, sameShape, showShape } from "../dim.ts";
import { type Fault, fault } from "../error.ts";
import { at, type Expr, type Graph, nameOf, node } from "../expr.ts";
import { layoutOf, type PartsLayout, partsName, type Seed, type SeedPlace } from "../parts.ts";
import { check, type Shapes } from "../shape.ts";
import { broadcast, concat, reshape, scalar, sub, sum } from "../syntax.ts";
import { findSite, fold, sitesOf } from "../traverse.ts";
import type { Twin } from "../twins.ts";

type Result<A> = E.Either<readonly Fault[], A>;

/** The nodes where parts begin, each with its place of the seed. */
export type SeedNodes = ReadonlyMap<Expr, SeedPlace>;

/** What the walks before have found. */
export type Way = {
  readonly graph: Graph;
  readonly shapes: Shapes;
  readonly begun: SeedNodes;
  readonly seed: Seed;
  /** Whether what no part supplied goes to a part of its own. */
  readonly keeps: boolean;
  /** Nodes that carry parts an output needs, inputs before users, with their twins. */
  readonly twins: readonly (readonly [node: Expr, twin: Extract<Twin, { kind: "parts" }>])[];
};

export type Built = { readonly graph: Graph; readonly layout: PartsLayout };

export const build = (way: Way): Result<Built> => {
  const isBias = biases(way.graph);
  const hasBias = way.keeps && way.twins.some(([, { constant }]) => constant !== undefined && isBias(constant.from));
  const layout = layoutOf(way.seed.named, way.seed.tokenLevel, hasBias);
  return pipe(
    [...way.begun],
    E.traverseArray(([whole, place]) => seedParts(way, whole, place, hasBias ? 2 : 1)),
    E.map((begun) => carried(way, layout, new Map(begun), isBias)),
    E.chain((parts) => verified(way, layout, parts)),
  );
};

/** Summands that come with the model alone are bias; one that comes with the prompt makes them remainder. */
const biases = (graph: Graph): ((from: readonly Expr[]) => boolean) => {
  const outside = fold<boolean>(graph, (n, inputs) => n.op === "input" || inputs.includes(true));
  return (from) => from.every((x) => outside.get(x) !== true);
};

type Parts = ReadonlyMap<Expr, Expr>;

const carried = (
  { shapes, keeps, twins }: Way,
  layout: PartsLayout,
  begun: Parts,
  isBias: (from: readonly Expr[]) => boolean,
): Parts => {
  const parts = new Map<Expr, Expr>(begun);
  for (const [n, { build: twin, constant }] of twins) {
    const images = twin((i) => parts.get(n.inputs[i] as Expr) as Expr, layout);
    const rank = (shapes.get(n) as Shape).length;
    const place = constant && isBias(constant.from) ? (layout.bias ?? layout.remainder) : layout.remainder;
    const complete =
      constant === undefined || !keeps ? images : node("addToPart", { part: place, rank }, images, constant.value);
    parts.set(n, namedParts(n, complete));
  }
  return parts;
};

/** The parts of a named place are named after it. */
const namedParts = (whole: Expr, parts: Expr): Expr =>
  whole.site === undefined ? parts : at(partsName(whole.site))(parts);

const withParts = (graph: Graph, parts: Parts): readonly (readonly [string, Expr])[] =>
  Object.entries(graph).flatMap(([name, x]) => {
    const found = parts.get(x);
    const own = [name, x] as const;
    return found === undefined ? [own] : [own, [partsName(name), found] as const];
  });

/** Parts have the whole's shape behind the axis of parts, or a sum over them would not be the whole. */
const verified = ({ graph, shapes }: Way, layout: PartsLayout, parts: Parts): Result<Built> => {
  const outputs = withParts(graph, parts);
  const twice = outputs.filter(([name], i) => outputs.findIndex((o) => o[0] === name) !== i);
  if (twice.length > 0)
    return E.left(
      twice.map(([name]) => fault("decompose", `output ${name}`, "a name used once", "it twice", "rename one")),
    );
  const decomposed = Object.fromEntries(outputs);
  return E.chain((found: Shapes): Result<Built> => {
    const faults = [...parts].flatMap(([whole, x]) => {
      const wanted = [layout.count, ...(shapes.get(whole) as Shape)];
      const shape = found.get(x);
      return shape === undefined || sameShape(shape, wanted)
        ? []
        : [fault("decompose", `parts of ${nameOf(whole)}`, showShape(wanted), showShape(shape))];
    });
    return faults.length > 0 ? E.left(faults) : E.right({ graph: decomposed, layout });
  })(check(decomposed));
};

/** The parts at a place with bias and remainder behind them: zero where the seed is complete, else what it lacks. */
const seedParts = (
  { graph, shapes, seed }: Way,
  whole: Expr,
  place: SeedPlace,
  extras: number,
): Result<readonly [Expr, Expr]> => {
  const begun = (parts: Expr): readonly [Expr, Expr] => [whole, namedParts(whole, parts)];
  if (place.complete !== undefined) return E.right(begun(place.complete(whole, extras)));
  const shape = shapes.get(whole) as Shape;
  const unknown: string[] = [];
  const valueAt = (site: string): Expr => {
    const found = findSite(graph, site);
    if (found === undefined) unknown.push(site);
    return found ?? whole;
  };
  const named = place.parts(whole, valueAt);
  if (unknown.length > 0) return E.left(unknown.map((site) => noSite(graph, seed, site)));
  const axis = -1 - shape.length;
  const lacking = sub(reshape(shape.length, [1, ...shape])(whole), sum(axis)(named));
  const zeros = new Array<Expr>(extras - 1).fill(broadcast([1, ...shape])(scalar(0)));
  return E.map(() => begun(concat(axis, named, ...zeros, lacking)))(seedShape(named, seed, shape));
};

const seedShape = (named: Expr, seed: Seed, whole: Shape): Result<void> =>
  E.chain((shapes: Shapes): Result<void> => {
    const [wanted, got] = [[seed.named, ...whole], shapes.get(named) as Shape];
    return sameShape(got, wanted)
      ? E.right(undefined)
      : E.left([fault("decompose", `seed ${seed.name}`, `named parts ${showShape(wanted)}`, showShape(got))]);
  })(check({ named }));

/** What there is, for someone who asked for a site that is not. */
export const noSite = (graph: Graph, seed: Seed, site: string): Fault => {
  const sites = sitesOf(graph);
  const some = sites.length > 12 ? `${sites.slice(0, 12).join(", ")}, … (${sites.length} in all)` : sites.join(", ");
  return fault("decompose", `seed ${seed.name}`, "a site of the graph", site, `the graph has ${some || "no sites"}`);
};
