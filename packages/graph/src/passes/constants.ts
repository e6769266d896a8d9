// What do a model's constants supply to an output? Biases of linear maps and shifts of norms, wherever they are added on the
// ways from some sites: each is multiplied by one expression. Where that is 1 no value changes, and the derivative of an output
// by it, all frozen factors held, is what the constants supply together: the part `bias` of decompose(), without parts.
import * as E from "fp-ts/lib/Either.js";
import { type Fault, fault } from "../error.ts";
import { type Expr, type Graph, withInputs } from "../expr.ts";
import { linearIn } from "../linearity.ts";
import { check } from "../shape.ts";
import { mul } from "../syntax.ts";
import { findSite, fold, nodesOf, rewrite, sitesOf } from "../traverse.ts";

/** Inputs that are added to what comes by those in `needs`. */
const summandsOf = (n: Expr, needs: readonly number[]): readonly number[] => {
  if (n.op === "layerNorm") return [2]; // A norm's own group leaves out its input, in which it is linear but for the scale.
  const group = linearIn(n).find((g) => needs.every((i) => g.includes(i))) ?? [];
  return group.filter((i) => !needs.includes(i));
};

/** Values that are held: what is added within them supplies nothing. */
const isFrozen = ({ op }: Expr): boolean => op === "freeze" || op === "attentionWeights";

/** What an output reads by ways that are not frozen, not past where they begin. */
const readBehind = (graph: Graph, to: Expr, begun: ReadonlySet<Expr>): ReadonlySet<Expr> => {
  const read = new Set<Expr>([to]);
  for (const n of [...nodesOf(graph)].reverse())
    if (read.has(n) && !begun.has(n) && !isFrozen(n)) for (const x of n.inputs) read.add(x);
  return read;
};

export type ConstantWays = {
  /** Sites where the ways begin; constants before a site are part of its value. */
  readonly from: readonly string[];
  /** The output that they end at. */
  readonly to: string;
};

const missingIn = (graph: Graph, { from, to }: ConstantWays): readonly Fault[] => {
  const sites = sitesOf(graph).join(", ") || "none";
  return [
    ...(graph[to] === undefined ? [fault("constants", to, "an output of the graph", "none")] : []),
    ...from
      .filter((name) => findSite(graph, name) === undefined)
      .map((name) => fault("constants", name, "a site of the graph", "none", `it has ${sites}`)),
  ];
};

/**
 * The graph with every constant that is added on these ways times `by` `[]`. Constants are what reads no input. Faults (tag
 * `constants`): a site or an output that is not there.
 *
 *     withConstantsTimes({ from: ["layers.0.resid_pre"], to: "score" }, at("one")(scalar(1)))(graph)
 *     // and then vjp(…, { of: ["score"], wrt: ["one"], frozen: true })
 */
export const withConstantsTimes =
  (ways: ConstantWays, by: Expr) =>
  (graph: Graph): E.Either<readonly Fault[], Graph> => {
    const missing = missingIn(graph, ways);
    if (missing.length > 0) return E.left(missing);
    const begun = new Set(ways.from.map((name) => findSite(graph, name) as Expr));
    const read = readBehind(graph, graph[ways.to] as Expr, begun);
    const given = fold<boolean>(graph, (n, inputs) => n.op === "input" || inputs.includes(true));
    const behind = fold<boolean>(graph, (n, inputs) => begun.has(n) || (!isFrozen(n) && inputs.includes(true)));
    const isConstant = (x: Expr): boolean => behind.get(x) !== true && given.get(x) !== true;
    const scaled = rewrite(graph, (now, old) => {
      const needs = old.inputs.flatMap((x, i) => (behind.get(x) === true ? [i] : []));
      if (begun.has(old) || isFrozen(old) || !read.has(old) || needs.length === 0) return now;
      const summands = summandsOf(old, needs).filter((i) => isConstant(old.inputs[i] as Expr));
      return withInputs(
        now,
        now.inputs.map((x, i) => (summands.includes(i) ? mul(x, by) : x)),
      );
    });
    return E.map(() => scaled)(check(scaled));
  };
