// A graph as a plan for the CPU: weights folded, cut into segments, each segment an ONNX model per tiling. Pure: a plan can be
// made and measured without ONNX Runtime. Models are made when a run first needs them; layers share theirs.
import { check, type Expr, expand, type Fault, type Graph, internal, nodesOf, share, simplify } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import type { Program } from "../lower/program.ts";
import { retile } from "../tiles/retile.ts";
import { type Place, placeOf } from "../tiles/rules.ts";
import type { Tables } from "../tiles/tiling.ts";
import { foldWeights } from "./fold.ts";
import { type Own, type Part, partsOf } from "./parts.ts";
import { type Segment, type Source, segmented } from "./segments.ts";
import { type Layout, layoutFor, type Variant } from "./variant.ts";

export type Base = {
  readonly segments: readonly Segment[];
  /** The value of each output. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Names of all weights that runs read, the derived ones among them. */
  readonly weights: readonly string[];
  readonly derived: ReadonlyMap<string, Expr>;
  /** Those of the weights that are pieces of a larger one, each in a segment of its own. */
  readonly pieces: ReadonlySet<string>;
  readonly layout: Layout | undefined;
};

export type PlanOptions = {
  /** Where to cut, counted in computed nodes; default: where layers meet. */
  readonly cuts?: readonly number[];
  /** Tokens from which the chunks of rows run one by one; default: 512. */
  readonly apart?: number;
};

/** The weights that are such pieces or derived of one. */
const piecesIn = (
  graph: Graph,
  derived: ReadonlyMap<string, Expr>,
  stored: ReadonlySet<string>,
): ReadonlySet<string> => {
  const isStored = (x: Expr): boolean => x.op === "weight" && stored.has(x.params.name);
  return new Set(
    nodesOf(graph).flatMap((n) => {
      if (n.op !== "weight") return [];
      const made = derived.get(n.params.name);
      return isStored(n) || (made !== undefined && nodesOf({ made }).some(isStored)) ? [n.params.name] : [];
    }),
  );
};

/** Norms as their scales and gains, which can then be folded. */
const isNorm = (x: Expr): boolean => x.op === "rmsNorm";

/** Faults: a misshapen graph. */
export const basePlan = (
  source: Graph,
  options: PlanOptions = {},
  stored: ReadonlySet<string> = new Set(),
): E.Either<readonly Fault[], Base> =>
  pipe(
    expand(source, isNorm),
    E.chain((graph) => simplify(share(graph))),
    E.bindTo("graph"),
    E.bind("shapes", ({ graph }) => check(graph)),
    E.map(({ graph, shapes }) => foldWeights(graph, shapes)),
    E.bind("shapes", ({ graph }) => check(graph)),
    E.map(({ graph, derived, shapes }): Base => {
      const pieces = piecesIn(graph, derived, stored);
      const isAlone = (n: Expr): boolean => n.inputs.some((x) => x.op === "weight" && pieces.has(x.params.name));
      const { segments, outputs } = segmented(graph, shapes, options.cuts, isAlone);
      const sources = segments.flatMap((s) => [...s.sources.values()]);
      const names = [...new Set(sources.flatMap((s) => (s.kind === "weight" ? [s.name] : [])))];
      const layout = layoutFor(graph);
      const { apart } = options;
      return {
        segments,
        outputs,
        weights: names,
        derived,
        pieces,
        layout: layout && (apart === undefined ? layout : { ...layout, apart }),
      };
    }),
  );

/** One segment in one tiling, or a part of it: a model, and what its names stand for. */
export type Step = {
  /** Which segment it is of, counted from 0. */
  readonly segment: number;
  readonly site: string | undefined;
  readonly program: Program;
  readonly tables: Tables;
  /** By the names of the program's inputs; tables and closed values have none. */
  readonly sources: ReadonlyMap<string, Source>;
  /** Program output → value. */
  readonly outputs: ReadonlyMap<string, string>;
  readonly checks: readonly string[];
};

type Model = {
  readonly parts: readonly Part[];
  readonly places: Readonly<Record<string, Place>>;
};

/** Models by their segment's key, the tiling, and which inputs are in tiles: layers share theirs. */
export type Models = Map<string, Model>;

const modelOf = (segment: Segment, variant: Variant | undefined, tiled: ReadonlySet<string>) =>
  pipe(
    check(segment.graph),
    E.map((shapes) =>
      variant === undefined
        ? { graph: segment.graph, tables: {}, outputs: {}, checks: [], owners: new Map<Expr, number>() }
        : retile(segment.graph, shapes, variant.tiling, variant.lean, tiled, segment.finals),
    ),
    E.bindTo("made"),
    E.bind("parts", ({ made }) => partsOf(made)),
    E.map(({ made, parts }): Model => ({ parts, places: made.outputs })),
  );

/** Each piece of a tiled value under its own name. */
const pieces = (
  local: string,
  value: string,
  place: Place,
  tiling: Variant["tiling"],
): readonly (readonly [string, string])[] => {
  const there = placeOf(tiling, value);
  const head = place.head === undefined ? [] : [[place.head, there.head ?? internal(`${local} has a head`)] as const];
  return [...head, ...place.chunks.map((chunk, c) => [chunk, there.chunks[c] as string] as const)];
};

/** The steps of one tiling; without one, rows are what their meaning says. */
export const stepsFor = (
  base: Base,
  variant: Variant | undefined,
  models: Models,
): E.Either<readonly Fault[], readonly Step[]> => {
  const tiledValues = new Set<string>();
  const steps: Step[] = [];
  for (const [number, segment] of base.segments.entries()) {
    const tiled = new Set(
      [...segment.sources].flatMap(([local, s]) => (s.kind === "value" && tiledValues.has(s.name) ? [local] : [])),
    );
    const key = `${variant?.key} ${[...tiled].sort()} ${segment.key}`;
    const made = models.has(key) ? E.right(models.get(key) as Model) : modelOf(segment, variant, tiled);
    if (E.isLeft(made)) return made;
    models.set(key, made.right);
    steps.push(...stepsOf(segment, number, made.right, tiled, variant));
    for (const name of Object.keys(made.right.places)) tiledValues.add(segment.outputs.get(name) as string);
  }
  return E.right(steps);
};

/** `number`: which segment it is; tells values within it from those within others. */
const stepsOf = (
  segment: Segment,
  number: number,
  model: Model,
  tiled: ReadonlySet<string>,
  variant: Variant | undefined,
): readonly Step[] => {
  const sources = new Map(
    [...segment.sources].flatMap(([local, source]): readonly (readonly [string, Source])[] =>
      tiled.has(local) && variant !== undefined
        ? pieces(local, source.name, placeOf(variant.tiling, local), variant.tiling).map(([own, name]) => [
            own,
            { kind: "value", name },
          ])
        : [[local, source]],
    ),
  );
  const outputs = new Map(
    [...segment.outputs].flatMap(([local, value]) => {
      const place = model.places[local];
      return place === undefined || variant === undefined
        ? [[local, value] as const]
        : pieces(local, value, place, variant.tiling);
    }),
  );
  const between = (name: string): string => `${number} ${name}`;
  return model.parts.map(
    (part): Step => ({
      segment: number,
      site: segment.site,
      program: part.program,
      tables: part.tables,
      sources: new Map(
        [...part.sources].flatMap(([local, own]) => {
          const source = sourceOf(own, sources, outputs, between);
          return source === undefined ? [] : [[local, source] as const];
        }),
      ),
      outputs: new Map(
        [...part.outputs].map(([local, { kind, name }]) => [
          local,
          kind === "between" ? between(name) : (outputs.get(name) ?? internal(`${name} is no output`)),
        ]),
      ),
      checks: part.checks,
    }),
  );
};

/** Tables have no source. */
const sourceOf = (
  { kind, name }: Own,
  sources: ReadonlyMap<string, Source>,
  outputs: ReadonlyMap<string, string>,
  between: (name: string) => string,
): Source | undefined => {
  if (kind === "between") return { kind: "value", name: between(name) };
  return kind === "input"
    ? sources.get(name)
    : { kind: "value", name: outputs.get(name) ?? internal(`${name} is no output`) };
};
