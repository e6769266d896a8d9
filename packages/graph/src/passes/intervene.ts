// What would the outputs be, were the value at a site another? A graph in which what reads the site reads a function of
// what stood there: an ablation, a patch, a point on a path. The new value takes over the site's name.
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { type Shape, sameShape, showShape } from "../dim.ts";
import { type Fault, fault } from "../error.ts";
import { at, type Expr, type Graph, unnamed } from "../expr.ts";
import { check, type Shapes } from "../shape.ts";
import { findSite, rewrite, sitesOf } from "../traverse.ts";

/** For each site, what stands there instead; the shape stays. */
export type Interventions = Readonly<Record<string, (value: Expr) => Expr>>;

/**
 * The first layer without one of its heads, chosen at each run by `keep` `[H, 1]`:
 *
 *     intervene({ "layers.0.attn.z": (z) => mul(input("keep", [H, 1]), z) })(graph)
 *
 * Faults: a misshapen graph, a site that is not there, a value of another shape.
 */
export const intervene =
  (interventions: Interventions) =>
  (graph: Graph): E.Either<readonly Fault[], Graph> => {
    const sites = Object.keys(interventions);
    const replaced = rewrite(graph, (now, { site }) => {
      const other = site !== undefined && Object.hasOwn(interventions, site) ? interventions[site] : undefined;
      return site === undefined || other === undefined ? now : at(site)(other(unnamed(now)));
    });
    const missing = sites.flatMap((site) => (findSite(graph, site) === undefined ? [noSite(graph, site)] : []));
    return pipe(
      missing.length > 0 ? E.left(missing) : E.right(undefined),
      E.chain(() => check(graph)),
      E.bindTo("before"),
      E.bind("after", () => check(replaced)),
      E.chain(({ before, after }) => {
        const faults = sites.flatMap((site) =>
          misshapen(site, shapeAt(graph, before, site), shapeAt(replaced, after, site)),
        );
        return faults.length > 0 ? E.left(faults) : E.right(replaced);
      }),
    );
  };

const shapeAt = (graph: Graph, shapes: Shapes, site: string): Shape =>
  shapes.get(findSite(graph, site) as Expr) as Shape;

const noSite = (graph: Graph, site: string): Fault =>
  fault("intervene", site, "a site of the graph", "none", `its sites are ${sitesOf(graph).join(", ") || "none"}`);

const misshapen = (site: string, wanted: Shape, got: Shape): readonly Fault[] =>
  sameShape(wanted, got) ? [] : [fault("intervene", site, showShape(wanted), showShape(got))];
