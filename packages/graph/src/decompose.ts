// DePass as a graph transform (Hong et al. 2025, arXiv 2510.18462): every node that carries the seed's parts to an output
// gets a twin that carries them; the result is an ordinary graph with the parts as further outputs.
//
// A node is then either a whole alone or a pair (whole, parts) with Σ parts = whole, parts having one more axis in front.
// Three walks, none recursive: forward (what depends on the seed, and its twin), backward (whose parts are needed),
// forward again (decompose/build.ts).
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { build } from "./decompose/build.ts";
import { buildStacked } from "./decompose/stack.ts";
import { isExpanded, reported, type TwinOptions, type TwinReport, twinsOf, wayOf } from "./decompose/way.ts";
import type { Fault } from "./error.ts";
import { expand } from "./expand.ts";
import { type Expr, type Graph, toGraph } from "./expr.ts";
import type { PartsLayout, Seed } from "./parts.ts";
import { check } from "./shape.ts";

export type { TwinReport } from "./decompose/way.ts";

export type DecomposeOptions = CarryOptions & { readonly seed: Seed };

export type CarryOptions = TwinOptions & {
  /**
   * `part`: what no part supplied (biases, summands from outside the seed) goes to `bias` or `remainder`, and the parts
   * sum to the whole. `drop`: it is left out, as in the published code; the parts then do not sum to the whole.
   */
  readonly constants?: "part" | "drop";
};

export type Decomposed = {
  /** The outputs of the source graph and, for each that depends on the seed, `<name>.parts` `[M, …]`. */
  readonly graph: Graph;
  readonly layout: PartsLayout;
  readonly report: readonly TwinReport[];
};

/**
 * Rewrites a graph into one that also computes the parts of its outputs.
 * Faults: a misshapen graph, a seed site that is not there, every node on the way that has no twin, a seed, rule or twin
 * that builds something else than parts.
 */
export const decompose = (source: Graph | Expr, options: DecomposeOptions): E.Either<readonly Fault[], Decomposed> =>
  pipe(
    expand(toGraph(source), (x) => isExpanded(x, options)),
    E.bindTo("graph"),
    E.bind("shapes", ({ graph }) => check(graph)),
    E.bind("way", ({ graph, shapes }) => wayOf(graph, options.seed, twinsOf(shapes, options))),
    E.chain(({ graph, shapes, way }) =>
      pipe(
        build({ graph, shapes, way, keeps: options.constants !== "drop" }),
        E.map((built): Decomposed => ({ ...built, report: way.twins.map(reported) })),
      ),
    ),
  );

export type DecomposeManyOptions = CarryOptions & {
  /** Each with as many named parts; the parts of all of them are `[G, M, …]`, G in this order. */
  readonly seeds: readonly Seed[];
};

/**
 * decompose() for many seeds in one graph: outputs `<name>.parts` `[G, M, …]`, group g what seed g alone would give. Nodes
 * that carry several seeds carry them side by side, so the graph has about as many as for one seed, and a seed that begins
 * later costs nothing before. Where any seed has a part `bias` all have. Faults: those of decompose(), seeds of different
 * numbers of parts, an output that only some of them reach.
 *
 *     decomposeMany({ normed }, { seeds: layers.map(headsOf), rule })
 */
export const decomposeMany = (
  source: Graph | Expr,
  options: DecomposeManyOptions,
): E.Either<readonly Fault[], Decomposed> =>
  pipe(
    expand(toGraph(source), (x) => isExpanded(x, options)),
    E.bindTo("graph"),
    E.bind("shapes", ({ graph }) => check(graph)),
    E.bind("ways", ({ graph, shapes }) => {
      const twin = twinsOf(shapes, options);
      return pipe(
        options.seeds,
        E.traverseArray((seed) => wayOf(graph, seed, twin)),
      );
    }),
    E.chain(({ graph, shapes, ways }) =>
      pipe(
        buildStacked({ graph, shapes, keeps: options.constants !== "drop" }, ways),
        E.map((built): Decomposed => ({ ...built, report: [...new Map(ways.flatMap((w) => w.twins))].map(reported) })),
      ),
    ),
  );

/** Names of all parts in order, for a run where there are `named` named ones. */
export const partNames = (layout: PartsLayout, named: readonly string[]): readonly string[] => [
  ...named,
  ...(layout.bias === undefined ? [] : ["bias"]),
  "remainder",
];
