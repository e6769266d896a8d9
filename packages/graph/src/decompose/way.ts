// The first two walks of decompose(): which nodes depend on a seed, with their twins, and whose parts an output needs.
import * as E from "fp-ts/lib/Either.js";
import type { Shape } from "../dim.ts";
import { type Fault, fault } from "../error.ts";
import { type Expr, type Graph, nameOf } from "../expr.ts";
import type { Seed, SeedPlace } from "../parts.ts";
import type { Rule } from "../rules.ts";
import type { Shapes } from "../shape.ts";
import { applyOverride, applyRow, type Overrides } from "../table.ts";
import { findSite, nodesOf, sitesOf } from "../traverse.ts";
import { type Exactness, type Twin, type TwinContext, twins } from "../twins.ts";

/** The nodes where parts begin, each with its place of the seed. */
export type SeedNodes = ReadonlyMap<Expr, SeedPlace>;

export type PartsTwin = Extract<Twin, { kind: "parts" }>;

/** What the first walks find. */
export type Way = {
  readonly begun: SeedNodes;
  readonly seed: Seed;
  /** Nodes that carry parts an output needs, inputs before users, with their twins. */
  readonly twins: readonly (readonly [node: Expr, twin: PartsTwin])[];
};

/** A node's twin where those of its inputs are seeded. One node has one twin for all seeds that reach the same inputs. */
export type TwinsOf = (n: Expr, seeded: readonly boolean[]) => Twin;

export type TwinOptions = {
  readonly rule: Rule;
  /** Rows of the user's own, which come before the built-in ones. */
  readonly twins?: Overrides<readonly [context: TwinContext], Twin>;
};

const twinOf = (x: Expr, { twins: own }: TwinOptions, context: TwinContext): Twin =>
  applyOverride(own ?? {}, x, context) ?? applyRow(twins, x, context);

/** Enough of a context to ask whether an op is expanded first. */
const silent: TwinContext = { seeded: [], shapeOf: () => [], rule: { name: "none", split: (x) => x } };

export const isExpanded = (x: Expr, options: TwinOptions): boolean => twinOf(x, options, silent).kind === "expand";

export const twinsOf = (shapes: Shapes, options: TwinOptions): TwinsOf => {
  const known = new Map<Expr, Map<string, Twin>>();
  const shapeOf = (x: Expr): Shape => shapes.get(x) as Shape;
  return (n, seeded) => {
    const own = known.get(n) ?? new Map<string, Twin>();
    const key = seeded.join();
    const twin = own.get(key) ?? twinOf(n, options, { seeded, shapeOf, rule: options.rule });
    known.set(n, own.set(key, twin));
    return twin;
  };
};

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
const planTwins = (nodes: readonly Expr[], begun: SeedNodes, twin: TwinsOf): Plan => {
  const plan = new Map<Expr, Twin>();
  for (const n of nodes) {
    const seeded = n.inputs.map(carries(plan, begun));
    if (!begun.has(n) && seeded.includes(true)) plan.set(n, twin(n, seeded));
  }
  return plan;
};

const carries =
  (plan: Plan, begun: SeedNodes) =>
  (x: Expr): boolean =>
    begun.has(x) || (plan.has(x) && plan.get(x)?.kind !== "frozen");

/** Nodes whose parts an output needs, by walking back along what each twin needs; past a node without one, all it reads. */
const demanded = (graph: Graph, nodes: readonly Expr[], plan: Plan, begun: SeedNodes): ReadonlySet<Expr> => {
  const wanted = new Set<Expr>(Object.values(graph));
  const needsOf = (n: Expr): readonly Expr[] => {
    const twin = plan.get(n);
    if (twin?.kind === "parts") return twin.needs.map((i) => n.inputs[i] as Expr);
    return twin?.kind === "frozen" || twin === undefined ? [] : n.inputs.filter(carries(plan, begun));
  };
  for (const n of [...nodes].reverse()) if (wanted.has(n)) for (const x of needsOf(n)) wanted.add(x);
  return wanted;
};

/** Faults: a site that is not there, every node on the way without a twin, no output that depends on the seed. */
export const wayOf = (graph: Graph, seed: Seed, twin: TwinsOf): E.Either<readonly Fault[], Way> =>
  E.chain((begun: SeedNodes): E.Either<readonly Fault[], Way> => {
    const nodes = nodesOf(graph);
    const plan = planTwins(nodes, begun, twin);
    const wanted = demanded(graph, nodes, plan, begun);
    const onWay = nodes.flatMap((n) => {
      const own = wanted.has(n) ? plan.get(n) : undefined;
      return own === undefined ? [] : [[n, own] as const];
    });
    const faults = onWay.flatMap(([n, own]) => uncovered(n, own));
    if (faults.length > 0) return E.left(faults);
    const twinned = onWay.flatMap(([n, own]) => (own.kind === "parts" ? [[n, own] as const] : []));
    const seen = new Set([...begun.keys(), ...twinned.map(([n]) => n)]);
    return Object.values(graph).some((x) => seen.has(x))
      ? E.right({ begun, seed, twins: twinned })
      : E.left([fault("decompose", `seed ${seed.name}`, "an output that depends on it", "none")]);
  })(seedNodes(graph, seed));

const uncovered = (n: Expr, twin: Twin): readonly Fault[] => {
  if (twin.kind === "parts" || twin.kind === "frozen") return [];
  const reason = twin.kind === "none" ? twin.reason : "a twin that is expanded for some inputs only";
  const next = "change the graph there or pass a twin of your own";
  return [fault("no-twin", nameOf(n), "an op that carries parts", reason, next)];
};

/** What there is, for someone who asked for a site that is not. */
export const noSite = (graph: Graph, seed: Seed, site: string): Fault => {
  const sites = sitesOf(graph);
  const some = sites.length > 12 ? `${sites.slice(0, 12).join(", ")}, … (${sites.length} in all)` : sites.join(", ");
  return fault("decompose", `seed ${seed.name}`, "a site of the graph", site, `the graph has ${some || "no sites"}`);
};

/** One decomposed node, for a report of what is exact and what is a convention. */
export type TwinReport = { readonly node: string; readonly site?: string; readonly exactness: Exactness };

export const reported = ([n, { exactness }]: readonly [node: Expr, twin: PartsTwin]): TwinReport => ({
  node: n.op,
  exactness,
  ...(n.site === undefined ? {} : { site: n.site }),
});
