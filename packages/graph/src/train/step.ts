// One step of training as a graph: from a loss and an optimizer to the pure function (parameters, state, batch) → the
// next ones. Parameters and what the optimizer remembers are inputs, since they change from step to step; each has an
// output `next.NAME`, and nextState() gives these back their names for the following run.
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { type Shape, showShape } from "../dim.ts";
import { type Fault, fault } from "../error.ts";
import { type Expr, type Graph, isExpr, node } from "../expr.ts";
import { share } from "../passes/share.ts";
import { check, type Shapes } from "../shape.ts";
import { leavesOf, type Tensors } from "../sizes.ts";
import * as s from "../syntax.ts";
import { f32, sizeOf } from "../tensor.ts";
import { rewrite } from "../traverse.ts";
import { gradientName, vjp } from "../vjp.ts";
import { clipFactor, globalNorm, type Shaped } from "./clip.ts";
import type { Optimizer, Parameter } from "./optimizer.ts";

type Result<A> = E.Either<readonly Fault[], A>;

export type TrainingOptions = {
  readonly optimizer: Optimizer;
  /** The weights that are trained, by name; default: all. Others stay weights. */
  readonly wrt?: readonly string[];
  /** The norm that all gradients together may have. */
  readonly clip?: number;
};

const NEXT = "next.";
const STEP = "step";

export const nextName = (name: string): string => `${NEXT}${name}`;
/** `mean.embed`: what an optimizer remembers of a parameter. */
export const momentName = (moment: string, parameter: string): string => `${moment}.${parameter}`;

/**
 * The graph of a step:
 *
 *     const step = orThrow(trainingStep({ loss }, { optimizer: adamw({ rate: 1e-3 }), clip: 1 }));
 *
 * It reads what the loss reads, the trained weights as inputs of the same names, the optimizer's moments (`mean.NAME`,
 * `square.NAME` of adamw) and `step` `[]`, the number of steps done. It gives `loss` `[]` and `norm` `[]`, that of the
 * gradients before clipping, `next.NAME` for each parameter, moment and `step`, and whatever the graph gives beside
 * its loss.
 * Faults: a misshapen graph; no loss, or one that is no scalar; a parameter that is no weight of the graph; a name
 * that means two things; a limit that is not positive.
 */
export const trainingStep = (source: Graph | Expr, options: TrainingOptions): Result<Graph> => {
  const graph: Graph = isExpr(source) ? { loss: source } : source;
  const names = options.wrt ?? weightNames(graph);
  return pipe(
    check(graph),
    E.bindTo("shapes"),
    E.chainFirst(({ shapes }) => {
      const faults = [...lossFaults(graph, shapes), ...nameFaults(graph, names, options)];
      return faults.length > 0 ? E.left(faults) : E.right(undefined);
    }),
    E.bind("slopes", () => vjp(asInputs(graph, names), { of: ["loss"], wrt: names, keep: Object.keys(graph) })),
    E.map(({ slopes }) => share(updated(graph, slopes, names, options))),
  );
};

const weightNames = (graph: Graph): readonly string[] => [
  ...new Set(leavesOf(graph).flatMap((leaf) => (leaf.op === "weight" ? [leaf.params.name] : []))),
];

/** These weights as inputs. */
const asInputs = (graph: Graph, names: readonly string[]): Graph =>
  rewrite(graph, (x) =>
    x.op === "weight" && names.includes(x.params.name)
      ? { ...node("input", { ...x.params, dtype: "f32" }), ...(x.site === undefined ? {} : { site: x.site }) }
      : x,
  );

const updated = (graph: Graph, slopes: Graph, names: readonly string[], options: TrainingOptions): Graph => {
  const { optimizer, clip } = options;
  const shapes = new Map(leavesOf(graph).map(({ params }) => [params.name, params.shape] as const));
  const shaped = names.map((name): Shaped => [slopes[gradientName(name)] as Expr, shapes.get(name) as Shape]);
  const norm = globalNorm(shaped);
  const step = s.add(s.input(STEP, []), 1);
  const next = names.flatMap((name, i) => {
    const [gradient, shape] = shaped[i] as Shaped;
    const factor = clip === undefined ? {} : { factor: clipFactor(norm, clip) };
    const parameter: Parameter = { name, shape, value: s.input(name, shape), gradient, ...factor };
    const remembered = optimizer.moments.map((moment) => s.input(momentName(moment, name), shape));
    const { value, moments } = optimizer.update(parameter, remembered, step);
    return [
      [nextName(name), value] as const,
      ...moments.map((m, j) => [nextName(momentName(optimizer.moments[j] as string, name)), m] as const),
    ];
  });
  const kept = Object.keys(graph).map((name) => [name, slopes[name] as Expr] as const);
  return Object.fromEntries([...kept, ["norm", norm], ...next, [nextName(STEP), step]]);
};

const lossFaults = (graph: Graph, shapes: Shapes): readonly Fault[] => {
  const { loss } = graph;
  if (loss === undefined)
    return [fault("train", "output loss", "an output of the graph", "none", `it has ${Object.keys(graph).join(", ")}`)];
  const shape = shapes.get(loss) as Shape;
  return shape.length === 0 ? [] : [fault("train", "output loss", "a scalar []", showShape(shape), "take its mean")];
};

const nameFaults = (graph: Graph, names: readonly string[], { optimizer, clip }: TrainingOptions): readonly Fault[] => {
  const weights = weightNames(graph);
  const leaves = leavesOf(graph).map(({ params }) => params.name);
  const state = [STEP, ...names.flatMap((name) => optimizer.moments.map((m) => momentName(m, name)))];
  const outputs = ["norm", nextName(STEP), ...names.map(nextName), ...state.map(nextName)];
  const twice = (where: string): Fault => fault("train", where, "a name used once", "it twice", "rename one");
  return [
    ...(names.length === 0 ? [fault("train", "wrt", "at least one weight", "none")] : []),
    ...names.flatMap((name) =>
      weights.includes(name)
        ? []
        : [fault("train", `parameter ${name}`, "a weight of the graph", "none", `it has ${weights.join(", ")}`)],
    ),
    ...state.flatMap((name) => (leaves.includes(name) ? [twice(`input ${name}`)] : [])),
    ...[...new Set(outputs)].flatMap((name) => (Object.hasOwn(graph, name) ? [twice(`output ${name}`)] : [])),
    ...(clip === undefined || clip > 0 ? [] : [fault("train", "clip", "a norm above 0", `${clip}`)]),
  ];
};

/** Where training begins: the parameters, zeros for what the optimizer remembers of them, no step done. */
export const initialState = (parameters: Tensors, optimizer: Optimizer): Tensors => ({
  ...parameters,
  ...Object.fromEntries(
    Object.entries(parameters).flatMap(([name, { shape }]) =>
      optimizer.moments.map((m) => [momentName(m, name), f32(shape, new Float32Array(sizeOf(shape)))]),
    ),
  ),
  [STEP]: f32([], [0]),
});

type Named<A> = Readonly<Record<string, A>>;

/** What a step gave for the next one, under the names that it is read by; the same tensors, nothing is copied. */
export const nextState = <A>(outputs: Named<A>): Named<A> =>
  Object.fromEntries(
    Object.entries(outputs).flatMap(([name, t]) => (name.startsWith(NEXT) ? [[name.slice(NEXT.length), t]] : [])),
  );

/** What a step gave besides: loss, norm, and whatever else the loss's graph gives. */
export const toldOf = <A>(outputs: Named<A>): Named<A> =>
  Object.fromEntries(Object.entries(outputs).filter(([name]) => !name.startsWith(NEXT)));
