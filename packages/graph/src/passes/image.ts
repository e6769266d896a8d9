// What does a value at a site supply to the outputs, where nothing but linear maps, sums and frozen factors stand between?
// The outputs as linear functions of the site: other summands are left out, scales and weights are held at the model's own.
//
//   direct logit attribution: what a head writes, times the scale that the last norm has for the whole stream
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import type { Shape } from "../dim.ts";
import { type Fault, fault } from "../error.ts";
import { expandNode } from "../expand.ts";
import { type Expr, type Graph, type Node, nameOf, unnamed, withInputs } from "../expr.ts";
import { linearIn } from "../linearity.ts";
import { check, type Shapes } from "../shape.ts";
import { broadcast, scalar } from "../syntax.ts";
import { findSite, mapOutputs, nodesOf, sitesOf } from "../traverse.ts";

type Images = ReadonlyMap<Expr, Expr>;
type Result<A> = E.Either<readonly Fault[], A>;

/** Values that do not count as depending on what they are made of. */
const isFrozen = ({ op }: Expr): boolean => op === "freeze" || op === "attentionWeights";

type Norm = Node<"rmsNorm"> | Node<"layerNorm">;
const isNorm = (x: Expr): x is Expr & Norm => x.op === "rmsNorm" || x.op === "layerNorm";

/** The image of a node some of whose inputs have one; undefined where it is not linear in these. */
const imageOf = (n: Expr, images: Images, shapes: Shapes): Expr | undefined => {
  const needs = n.inputs.flatMap((x, i) => (images.has(x) ? [i] : []));
  const group = linearIn(n).find((g) => needs.every((i) => g.includes(i)));
  if (group === undefined) return undefined;
  const zero = (x: Expr): Expr => broadcast(shapes.get(x) ?? [])(scalar(0));
  const inputs = n.inputs.map((x, i) => images.get(x) ?? (group.includes(i) ? zero(x) : x));
  return unnamed(withInputs(n, inputs));
};

/** A norm is looked into: its scale stands apart there, frozen. */
const imageOfNorm = (n: Expr & Norm, images: Images, shapes: Shapes): Result<Expr> => {
  const output = expandNode(
    n,
    n.inputs.map((x) => shapes.get(x) as Shape),
  );
  return pipe(
    check({ output }),
    E.chain((inside) => imagesOf({ output }, images, inside)),
    E.map((found) => found.get(output) as Expr),
  );
};

/** What outputs read by ways that are not frozen, and not past what has an image. */
const readBy = (graph: Graph, begun: Images): ReadonlySet<Expr> => {
  const read = new Set<Expr>(Object.values(graph));
  for (const n of [...nodesOf(graph)].reverse())
    if (read.has(n) && !begun.has(n) && !isFrozen(n)) for (const x of n.inputs) read.add(x);
  return read;
};

const imagesOf = (graph: Graph, begun: Images, shapes: Shapes): Result<Images> => {
  const images = new Map<Expr, Expr>(begun);
  const read = readBy(graph, begun);
  const isOnWay = (n: Expr): boolean =>
    !images.has(n) && !isFrozen(n) && read.has(n) && n.inputs.some((x) => images.has(x));
  for (const n of nodesOf(graph)) {
    if (!isOnWay(n)) continue;
    const image = isNorm(n) ? imageOfNorm(n, images, shapes) : E.right(imageOf(n, images, shapes));
    if (E.isLeft(image)) return image;
    if (image.right === undefined) return E.left([notLinear(n)]);
    images.set(n, image.right);
  }
  return E.right(images);
};

const notLinear = (n: Expr): Fault =>
  fault("image", nameOf(n), "an op that is linear in what comes from the site", "another");

const noWay = (graph: Graph, site: string, outputs: readonly string[]): readonly Fault[] =>
  outputs.map((name) => {
    const sites = sitesOf(graph).join(", ") || "none";
    return fault("image", `output ${name}`, `one that depends on ${site}`, "none", `the sites are ${sites}`);
  });

/**
 * For each output, what `value` adds to it, of the output's shape; `value` stands at the site and has its shape. The images
 * have no sites, and share what is frozen with the graph. Faults (tag `image`): a site that is not there or that an output
 * does not depend on, a node on the way that is not linear, those of check().
 *
 *     imageAt("resid_final", (state) => headOutput)({ normed }) // its share of the normed state
 */
export const imageAt =
  (site: string, value: (whole: Expr) => Expr) =>
  (graph: Graph): Result<Graph> =>
    pipe(
      check(graph),
      E.bindTo("shapes"),
      E.bind("begin", () => E.fromNullable(noWay(graph, site, Object.keys(graph)))(findSite(graph, site))),
      E.bind("images", ({ begin, shapes }) => imagesOf(graph, new Map([[begin, value(begin)]]), shapes)),
      E.chain(({ images }) => {
        const missing = Object.entries(graph).flatMap(([name, x]) => (images.has(x) ? [] : [name]));
        return missing.length > 0
          ? E.left(noWay(graph, site, missing))
          : E.right(mapOutputs(graph, (x) => images.get(x) as Expr));
      }),
      E.chainFirst(check),
    );
