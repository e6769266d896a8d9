// DePass as a graph transform (Hong et al. 2025, arXiv 2510.18462): every node that carries the seed's parts to an output
// gets a twin that carries them; the result is an ordinary graph with the parts as further outputs.
//
// A node is then either a whole alone or a pair (whole, parts) with Σ parts = whole, parts having one more axis in front.
// Three walks, none recursive: forward (what depends on the seed, and its twin), backward (whose parts are needed),
// forward again (build).
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import type { Shape } from "./dim.ts";
import { type Fault, fault } from "./error.ts";
import { expand } from "./expand.ts";
import { at, type Expr, type Graph, nameOf, node, toGraph } from "./expr.ts";
import { layoutOf, type PartsLayout, type Rule, type Seed } from "./parts.ts";
import { check, type Shapes } from "./shape.ts";
import { broadcast, concat, reshape, scalar, sub, sum } from "./syntax.ts";
import { applyOverride, applyRow, type Overrides } from "./table.ts";
import { fold, nodesOf, sitesOf } from "./traverse.ts";
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

/** The output that holds the parts of another, and the site of the parts of a site. */
export const partsName = (output: string): string => `${output}.parts`;

/**
 * Rewrites a graph into one that also computes the parts of its outputs.
 * Faults: a misshapen graph, a seed site that is not there, and every node on the way that has no twin.
 */
export const decompose = (source: Graph | Expr, options: DecomposeOptions): E.Either<readonly Fault[], Decomposed> =>
  pipe(
    expand(toGraph(source), (x) => twinOf(x, options, silent).kind === "expand"),
    E.bindTo("graph"),
    E.bind("shapes", ({ graph }) => check(graph)),
    E.bind("seeded", ({ graph }) => seedNode(graph, options.seed)),
    E.chain(({ graph, shapes, seeded }) => carry(graph, shapes, seeded, options)),
  );

const twinOf = (x: Expr, { twins: own }: DecomposeOptions, context: TwinContext): Twin =>
  applyOverride(own ?? {}, x, context) ?? applyRow(twins, x, context);

/** Enough of a context to ask whether an op is expanded first. */
const silent: TwinContext = { seeded: [], shapeOf: () => [], rule: { name: "none", split: (x) => x } };

const seedNode = (graph: Graph, seed: Seed): E.Either<readonly Fault[], Expr> => {
  const found = nodesOf(graph).find((n) => n.site === seed.site);
  const sites = sitesOf(graph);
  const some = sites.length > 12 ? `${sites.slice(0, 12).join(", ")}, … (${sites.length} in all)` : sites.join(", ");
  return found === undefined
    ? E.left([
        fault(
          "decompose",
          `seed ${seed.name}`,
          `a site of the graph`,
          seed.site,
          `the graph has ${some || "no sites"}`,
        ),
      ])
    : E.right(found);
};

type Plan = ReadonlyMap<Expr, Twin>;

/** The twins of everything downstream of the seed; a node missing here does not depend on it. */
const planTwins = (graph: Graph, shapes: Shapes, seedAt: Expr, options: DecomposeOptions): Plan => {
  const plan = new Map<Expr, Twin>();
  const shapeOf = (x: Expr): Shape => shapes.get(x) as Shape;
  const carries = (x: Expr): boolean => x === seedAt || (plan.has(x) && plan.get(x)?.kind !== "frozen");
  for (const n of nodesOf(graph)) {
    const seeded = n.inputs.map(carries);
    if (n !== seedAt && seeded.includes(true)) plan.set(n, twinOf(n, options, { seeded, shapeOf, rule: options.rule }));
  }
  return plan;
};

/** Nodes whose parts an output needs, by walking back along what each twin needs. */
const demanded = (graph: Graph, plan: Plan): ReadonlySet<Expr> => {
  const wanted = new Set<Expr>(Object.values(graph));
  for (const n of [...nodesOf(graph)].reverse()) {
    const twin = plan.get(n);
    if (wanted.has(n) && twin?.kind === "parts") for (const i of twin.needs) wanted.add(n.inputs[i] as Expr);
  }
  return wanted;
};

const carry = (
  graph: Graph,
  shapes: Shapes,
  seedAt: Expr,
  options: DecomposeOptions,
): E.Either<readonly Fault[], Decomposed> => {
  const plan = planTwins(graph, shapes, seedAt, options);
  const wanted = demanded(graph, plan);
  const onWay = nodesOf(graph).filter((n) => wanted.has(n) && plan.has(n));
  const faults = onWay.flatMap((n) => uncovered(n, plan.get(n) as Twin));
  if (faults.length > 0) return E.left(faults);
  const seedUsed = wanted.has(seedAt) || onWay.length > 0;
  if (!seedUsed)
    return E.left([fault("decompose", `seed ${options.seed.name}`, "an output that depends on it", "none")]);
  return E.right(built(graph, shapes, seedAt, options, plan, onWay));
};

const uncovered = (n: Expr, twin: Twin): readonly Fault[] =>
  twin.kind === "none"
    ? [
        fault(
          "no-twin",
          nameOf(n),
          "an op that carries parts",
          twin.reason,
          "change the graph there or pass a twin of your own",
        ),
      ]
    : [];

/** Whether a summand comes with the prompt (then it is remainder) or with the model alone (then it is bias). */
const readsInput = (graph: Graph): ReadonlyMap<Expr, boolean> =>
  fold<boolean>(graph, (n, inputs) => n.op === "input" || inputs.includes(true));

const built = (
  graph: Graph,
  shapes: Shapes,
  seedAt: Expr,
  options: DecomposeOptions,
  plan: Plan,
  onWay: readonly Expr[],
): Decomposed => {
  const outside = readsInput(graph);
  const keeps = (options.constants ?? "part") === "part";
  const isBias = (from: readonly Expr[]): boolean => from.every((x) => outside.get(x) !== true);
  const constantOf = (n: Expr): { readonly value: Expr; readonly from: readonly Expr[] } | undefined => {
    const twin = plan.get(n);
    return keeps && twin?.kind === "parts" ? twin.constant : undefined;
  };
  const hasBias = onWay.some((n) => isBias(constantOf(n)?.from ?? [seedAt]) && constantOf(n) !== undefined);
  const layout = layoutOf(options.seed.named, options.seed.tokenLevel, hasBias);
  const seed = namedParts(seedAt, seedParts(graph, seedAt, shapes, options.seed, hasBias ? 2 : 1));
  const parts = new Map<Expr, Expr>([[seedAt, seed]]);
  for (const n of onWay) {
    const twin = plan.get(n) as Twin;
    if (twin.kind !== "parts") continue;
    const carried = twin.build((i) => parts.get(n.inputs[i] as Expr) as Expr, layout);
    const constant = constantOf(n);
    const rank = (shapes.get(n) as Shape).length;
    const place = constant && isBias(constant.from) ? (layout.bias as PartsLayout["remainder"]) : layout.remainder;
    const complete =
      constant === undefined ? carried : node("addToPart", { part: place, rank }, carried, constant.value);
    parts.set(n, namedParts(n, complete));
  }
  return { graph: withParts(graph, parts), layout, report: onWay.flatMap((n) => reported(n, plan.get(n) as Twin)) };
};

/** The parts of a named place are named after it. */
const namedParts = (whole: Expr, parts: Expr): Expr =>
  whole.site === undefined ? parts : at(partsName(whole.site))(parts);

const withParts = (graph: Graph, parts: ReadonlyMap<Expr, Expr>): Graph =>
  Object.fromEntries(
    Object.entries(graph).flatMap(([name, x]): readonly (readonly [string, Expr])[] => {
      const found = parts.get(x);
      return found === undefined
        ? [[name, x]]
        : [
            [name, x],
            [partsName(name), found],
          ];
    }),
  );

const reported = (n: Expr, twin: Twin): readonly TwinReport[] =>
  twin.kind === "parts"
    ? [{ node: n.op, exactness: twin.exactness, ...(n.site === undefined ? {} : { site: n.site }) }]
    : [];

/** The seed's parts with bias and remainder behind them: zero where the seed is complete, else what it lacks. */
const seedParts = (graph: Graph, seedAt: Expr, shapes: Shapes, seed: Seed, extras: number): Expr => {
  if (seed.complete !== undefined) return seed.complete(seedAt, extras);
  const shape = shapes.get(seedAt) as Shape;
  const valueAt = (site: string): Expr => nodesOf(graph).find((n) => n.site === site) ?? unknownSite(site);
  const named = seed.parts(seedAt, valueAt);
  const axis = -1 - shape.length;
  const one = reshape(shape.length, [1, ...shape]);
  const lacking = sub(one(seedAt), sum(axis)(named));
  const zeros = new Array<Expr>(extras - 1).fill(broadcast([1, ...shape])(scalar(0)));
  return concat(axis, named, ...zeros, lacking);
};

/** A leaf that no run provides: the graph then fails its check with the site's name in the fault. */
const unknownSite = (site: string): Expr => node("input", { name: `site ${site}`, shape: [], dtype: "f32" });

/** Names of all parts in order, for a run where there are `named` named ones. */
export const partNames = (layout: PartsLayout, named: readonly string[]): readonly string[] => [
  ...named,
  ...(layout.bias === undefined ? [] : ["bias"]),
  "remainder",
];
