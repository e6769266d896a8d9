// A graph as a plan for the CPU: weights folded, cut into segments, each segment an ONNX model per tiling. Pure: a plan can be
// made and measured without ONNX Runtime. Models are made when a run first needs them; layers share theirs.
import { check, type Expr, expand, type Fault, type Graph, internal, share, simplify } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { foldWeights } from "./fold.ts";
import { type Program, program } from "./program.ts";
import { type Segment, type Source, segmented } from "./segments.ts";
import { type Place, placeOf, retile } from "./tiles/retile.ts";
import type { Tables } from "./tiles/tiling.ts";
import { type Layout, layoutFor, type Variant } from "./variant.ts";

export type Base = {
  readonly segments: readonly Segment[];
  /** The value of each output. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Names of all weights that runs read, the derived ones among them. */
  readonly weights: readonly string[];
  readonly derived: ReadonlyMap<string, Expr>;
  readonly layout: Layout | undefined;
};

export type PlanOptions = {
  /** Where to cut, counted in computed nodes; default: where layers meet. */
  readonly cuts?: readonly number[];
};

/** Norms as their scales and gains, which can then be folded. */
const isNorm = (x: Expr): boolean => x.op === "rmsNorm";

/** Faults: a misshapen graph. */
export const basePlan = (source: Graph, options: PlanOptions = {}): E.Either<readonly Fault[], Base> =>
  pipe(
    expand(source, isNorm),
    E.chain((graph) => simplify(share(graph))),
    E.bindTo("graph"),
    E.bind("shapes", ({ graph }) => check(graph)),
    E.map(({ graph, shapes }) => foldWeights(graph, shapes)),
    E.bind("shapes", ({ graph }) => check(graph)),
    E.map(({ graph, derived, shapes }): Base => {
      const { segments, outputs } = segmented(graph, shapes, options.cuts);
      const sources = segments.flatMap((s) => [...s.sources.values()]);
      const names = [...new Set(sources.flatMap((s) => (s.kind === "weight" ? [s.name] : [])))];
      return { segments, outputs, weights: names, derived, layout: layoutFor(graph) };
    }),
  );

/** One segment in one tiling: a model, and what its names stand for. */
export type Step = {
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
  readonly program: Program;
  readonly tables: Tables;
  readonly places: Readonly<Record<string, Place>>;
  readonly checks: readonly string[];
};

/** Models by their segment's key, the tiling, and which inputs are in tiles: layers share theirs. */
export type Models = Map<string, Model>;

const modelOf = (segment: Segment, variant: Variant | undefined, tiled: ReadonlySet<string>) =>
  pipe(
    check(segment.graph),
    E.map((shapes) =>
      variant === undefined
        ? { graph: segment.graph, tables: {}, outputs: {}, checks: [] }
        : retile(segment.graph, shapes, variant.tiling, variant.lean, tiled, segment.finals),
    ),
    E.bindTo("made"),
    E.bind("program", ({ made }) => program(made.graph)),
    E.map(
      ({ made, program: own }): Model => ({
        program: own,
        tables: made.tables,
        places: made.outputs,
        checks: made.checks,
      }),
    ),
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
  for (const segment of base.segments) {
    const tiled = new Set(
      [...segment.sources].flatMap(([local, s]) => (s.kind === "value" && tiledValues.has(s.name) ? [local] : [])),
    );
    const key = `${variant?.key} ${[...tiled].sort()} ${segment.key}`;
    const made = models.has(key) ? E.right(models.get(key) as Model) : modelOf(segment, variant, tiled);
    if (E.isLeft(made)) return made;
    models.set(key, made.right);
    steps.push(stepOf(segment, made.right, tiled, variant));
    for (const name of Object.keys(made.right.places)) tiledValues.add(segment.outputs.get(name) as string);
  }
  return E.right(steps);
};

const stepOf = (segment: Segment, model: Model, tiled: ReadonlySet<string>, variant: Variant | undefined): Step => {
  const sources = [...segment.sources].flatMap(([local, source]): readonly (readonly [string, Source])[] =>
    tiled.has(local) && variant !== undefined
      ? pieces(local, source.name, placeOf(variant.tiling, local), variant.tiling).map(([own, name]) => [
          own,
          { kind: "value", name },
        ])
      : [[local, source]],
  );
  const outputs = [...segment.outputs].flatMap(([local, value]) => {
    const place = model.places[local];
    return place === undefined || variant === undefined
      ? [[local, value] as const]
      : pieces(local, value, place, variant.tiling);
  });
  return {
    site: segment.site,
    program: model.program,
    tables: model.tables,
    sources: new Map(sources),
    outputs: new Map(outputs),
    checks: model.checks,
  };
};
