// DePass as a graph transform (Hong et al. 2025, arXiv 2510.18462): every node that carries the seed's parts to an output
// gets a twin that carries them; the result is an ordinary graph with the parts as further outputs.
//
// A node is then either a whole alone or a pair (whole, parts) with Σ parts = whole, parts having one more axis in front.
// Three walks, none recursive: forward (what depends on the seed, and its twin), backward (whose parts are needed),
// forward again (decompose/build.ts).
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { type Built, build, noSite, type SeedNodes } from "./decompose/build.ts";
import type { Shape } from "./dim.ts";
import { type Fault, fault } from "./error.ts";
import { expand } from "./expand.ts";
import { type Expr, type Graph, nameOf, toGraph } from "./expr.ts";
import type { PartsLayout, Seed } from "./parts.ts";
import type { Rule } from "./rules.ts";
import { check, type Shapes } from "./shape.ts";
import { applyOverride, applyRow, type Overrides } from "./table.ts";
import { findSite, nodesOf } from "./traverse.ts";
import { type Exactness, type Twin, type TwinContext, twins } from "./twins.ts";

export type DecomposeOptions = {
  readonly seed: Seed;
  readonly rule: Rule;
  /** Rows of the user's own, which come before the built-in ones. */
  readonly twins?: Overrides<readonly [context: TwinContext], Twin>;
  /**
   * `part`: what no part supplied (biases, summands from outside the seed) goes to `bias` or `remainder`, and the parts
   * sum to the whole. `drop`: it is left out, as in the published code; the parts then do not sum to the whole.
   */
  readonly constants?: "part" | "drop";
};

/** One decomposed node, for a report of what is exact and what is a convention. */
export type TwinReport = { readonly node: string; readonly site?: string; readonly exactness: Exactness };

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
    expand(toGraph(source), (x) => twinOf(x, options, silent).kind === "expand"),
    E.bindTo("graph"),
    E.bind("shapes", ({ graph }) => check(graph)),
    E.bind("begun", ({ graph }) => seedNodes(graph, options.seed)),
    E.chain(({ graph, shapes, begun }) => carry(graph, shapes, begun, options)),
  );

const twinOf = (x: Expr, { twins: own }: DecomposeOptions, context: TwinContext): Twin =>
  applyOverride(own ?? {}, x, context) ?? applyRow(twins, x, context);

/** Enough of a context to ask whether an op is expanded first. */
const silent: TwinContext = { seeded: [], shapeOf: () => [], rule: { name: "none", split: (x) => x } };

/** The nodes where parts begin, each with its place of the seed. */
const seedNodes = (graph: Graph, seed: Seed): E.Either<readonly Fault[], SeedNodes> => {
  const found = [seed, ...(seed.also ?? [])].map((place) => [place, findSite(graph, place.site)] as const);
  const faults = found.flatMap(([place, x]) => (x === undefined ? [noSite(graph, seed, place.site)] : []));
  const nodes = new Map(found.flatMap(([place, x]) => (x === undefined ? [] : [[x, place] as const])));
  if (faults.length === 0 && nodes.size < found.length)
    return E.left([fault("decompose", `seed ${seed.name}`, "each site once", found.map(([p]) => p.site).join(", "))]);
  return faults.length > 0 ? E.left(faults) : E.right(nodes);
};

type Plan = ReadonlyMap<Expr, Twin>;

/** The twins of everything downstream of the seed; a node missing here does not depend on it. */
const planTwins = (graph: Graph, shapes: Shapes, begun: SeedNodes, options: DecomposeOptions): Plan => {
  const plan = new Map<Expr, Twin>();
  const shapeOf = (x: Expr): Shape => shapes.get(x) as Shape;
  for (const n of nodesOf(graph)) {
    const seeded = n.inputs.map(carries(plan, begun));
    if (!begun.has(n) && seeded.includes(true))
      plan.set(n, twinOf(n, options, { seeded, shapeOf, rule: options.rule }));
  }
  return plan;
};

const carries =
  (plan: Plan, begun: SeedNodes) =>
  (x: Expr): boolean =>
    begun.has(x) || (plan.has(x) && plan.get(x)?.kind !== "frozen");

/** Nodes whose parts an output needs, by walking back along what each twin needs; past a node without one, all it reads. */
const demanded = (graph: Graph, plan: Plan, begun: SeedNodes): ReadonlySet<Expr> => {
  const wanted = new Set<Expr>(Object.values(graph));
  const needsOf = (n: Expr): readonly Expr[] => {
    const twin = plan.get(n);
    if (twin?.kind === "parts") return twin.needs.map((i) => n.inputs[i] as Expr);
    return twin?.kind === "frozen" || twin === undefined ? [] : n.inputs.filter(carries(plan, begun));
  };
  for (const n of [...nodesOf(graph)].reverse()) if (wanted.has(n)) for (const x of needsOf(n)) wanted.add(x);
  return wanted;
};

const carry = (
  graph: Graph,
  shapes: Shapes,
  begun: SeedNodes,
  options: DecomposeOptions,
): E.Either<readonly Fault[], Decomposed> => {
  const plan = planTwins(graph, shapes, begun, options);
  const wanted = demanded(graph, plan, begun);
  const onWay = nodesOf(graph).flatMap((n) => {
    const twin = wanted.has(n) ? plan.get(n) : undefined;
    return twin === undefined ? [] : [[n, twin] as const];
  });
  const faults = onWay.flatMap(([n, twin]) => uncovered(n, twin));
  if (faults.length > 0) return E.left(faults);
  const twinned = onWay.flatMap(([n, twin]) => (twin.kind === "parts" ? [[n, twin] as const] : []));
  const seen = new Set([...begun.keys(), ...twinned.map(([n]) => n)]);
  if (!Object.values(graph).some((x) => seen.has(x)))
    return E.left([fault("decompose", `seed ${options.seed.name}`, "an output that depends on it", "none")]);
  const { seed, constants = "part" } = options;
  return E.map((built: Built) => ({ ...built, report: twinned.map(([n, twin]) => reported(n, twin.exactness)) }))(
    build({ graph, shapes, begun, seed, keeps: constants === "part", twins: twinned }),
  );
};

const uncovered = (n: Expr, twin: Twin): readonly Fault[] => {
  if (twin.kind === "parts" || twin.kind === "frozen") return [];
  const reason = twin.kind === "none" ? twin.reason : "a twin that is expanded for some inputs only";
  const next = "change the graph there or pass a twin of your own";
  return [fault("no-twin", nameOf(n), "an op that carries parts", reason, next)];
};

const reported = (n: Expr, exactness: Exactness): TwinReport => ({
  node: n.op,
  exactness,
  ...(n.site === undefined ? {} : { site: n.site }),
});

/** Names of all parts in order, for a run where there are `named` named ones. */
export const partNames = (layout: PartsLayout, named: readonly string[]): readonly string[] => [
  ...named,
  ...(layout.bias === undefined ? [] : ["bias"]),
  "remainder",
];
