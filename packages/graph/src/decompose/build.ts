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
import { findSite, fold } from "../traverse.ts";
import { noSite, type PartsTwin, type Way } from "./way.ts";

export type Result<A> = E.Either<readonly Fault[], A>;

export type Source = {
  readonly graph: Graph;
  readonly shapes: Shapes;
  /** Whether what no part supplied goes to a part of its own. */
  readonly keeps: boolean;
};

export type Built = { readonly graph: Graph; readonly layout: PartsLayout };

export const build = (source: Source & { readonly way: Way }): Result<Built> => {
  const { way } = source;
  const isBias = biases(source.graph);
  const hasBias = source.keeps && hasConstants(way, isBias);
  const layout = layoutOf(way.seed.named, way.seed.tokenLevel, hasBias);
  return pipe(
    [...way.begun],
    E.traverseArray(([whole, place]) =>
      pipe(
        seedParts(source, way.seed, whole, place, hasBias ? 2 : 1),
        E.map((parts): readonly [Expr, Expr] => [whole, namedParts(whole, parts)]),
      ),
    ),
    E.map((begun) => carried(source, way, layout, new Map(begun), isBias)),
    E.chain((parts) => verified(source, parts, () => [layout.count])),
    E.map((graph) => ({ graph, layout })),
  );
};

export type IsBias = (from: readonly Expr[]) => boolean;

/** Summands that come with the model alone are bias; one that comes with the prompt makes them remainder. */
export const biases = (graph: Graph): IsBias => {
  const outside = fold<boolean>(graph, (n, inputs) => n.op === "input" || inputs.includes(true));
  return (from) => from.every((x) => outside.get(x) !== true);
};

export const hasConstants = ({ twins }: Way, isBias: IsBias): boolean =>
  twins.some(([, { constant }]) => constant !== undefined && isBias(constant.from));

type Parts = ReadonlyMap<Expr, Expr>;

const carried = (source: Source, way: Way, layout: PartsLayout, begun: Parts, isBias: IsBias): Parts => {
  const parts = new Map<Expr, Expr>(begun);
  for (const [n, twin] of way.twins)
    parts.set(
      n,
      namedParts(
        n,
        imageOf(source, n, twin, (x) => parts.get(x) as Expr, layout, isBias),
      ),
    );
  return parts;
};

/** The parts that a node's twin makes of its inputs', with what no part supplied. */
export const imageOf = (
  { shapes, keeps }: Source,
  n: Expr,
  { build: twin, constant }: PartsTwin,
  partsOf: (x: Expr) => Expr,
  layout: PartsLayout,
  isBias: IsBias,
): Expr => {
  const images = twin((i) => partsOf(n.inputs[i] as Expr), layout);
  if (constant === undefined || !keeps) return images;
  const rank = (shapes.get(n) as Shape).length;
  const place = isBias(constant.from) ? (layout.bias ?? layout.remainder) : layout.remainder;
  return node("addToPart", { part: place, rank }, images, constant.value);
};

/** The parts of a named place are named after it. */
export const namedParts = (whole: Expr, parts: Expr): Expr =>
  whole.site === undefined ? parts : at(partsName(whole.site))(parts);

const withParts = (graph: Graph, parts: Parts): readonly (readonly [string, Expr])[] =>
  Object.entries(graph).flatMap(([name, x]) => {
    const found = parts.get(x);
    const own = [name, x] as const;
    return found === undefined ? [own] : [own, [partsName(name), found] as const];
  });

/**
 * The graph with the parts of its outputs. Parts have the whole's shape behind the axes that are theirs (the last of them
 * that of parts), or a sum over them would not be the whole.
 */
export const verified = (
  { graph, shapes }: Pick<Source, "graph" | "shapes">,
  parts: Parts,
  axesOf: (whole: Expr) => Shape,
): Result<Graph> => {
  const outputs = withParts(graph, parts);
  const twice = outputs.filter(([name], i) => outputs.findIndex((o) => o[0] === name) !== i);
  if (twice.length > 0)
    return E.left(
      twice.map(([name]) => fault("decompose", `output ${name}`, "a name used once", "it twice", "rename one")),
    );
  const decomposed = Object.fromEntries(outputs);
  return E.chain((found: Shapes): Result<Graph> => {
    const faults = [...parts].flatMap(([whole, x]) => {
      const wanted = [...axesOf(whole), ...(shapes.get(whole) as Shape)];
      const shape = found.get(x);
      return shape === undefined || sameShape(shape, wanted)
        ? []
        : [fault("decompose", `parts of ${nameOf(whole)}`, showShape(wanted), showShape(shape))];
    });
    return faults.length > 0 ? E.left(faults) : E.right(decomposed);
  })(check(decomposed));
};

/** The parts at a place with bias and remainder behind them: zero where the seed is complete, else what it lacks. */
export const seedParts = (
  { graph, shapes }: Source,
  seed: Seed,
  whole: Expr,
  place: SeedPlace,
  extras: number,
): Result<Expr> => {
  if (place.complete !== undefined) return E.right(place.complete(whole, extras));
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
  return E.map(() => concat(axis, named, ...zeros, lacking))(seedShape(named, seed, shape));
};

const seedShape = (named: Expr, seed: Seed, whole: Shape): Result<void> =>
  E.chain((shapes: Shapes): Result<void> => {
    const [wanted, got] = [[seed.named, ...whole], shapes.get(named) as Shape];
    return sameShape(got, wanted)
      ? E.right(undefined)
      : E.left([fault("decompose", `seed ${seed.name}`, `named parts ${showShape(wanted)}`, showShape(got))]);
  })(check({ named }));
