// What runs graphs. Declared here, implemented by the f64 evaluator below, by @depass/kernels on WebGPU, and by others.
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as T from "fp-ts/lib/Task.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { Blocks } from "./blocks.ts";
import { type Shape, type Sizes, showShape } from "./dim.ts";
import { type Fault, type Faulty, fault, faultError } from "./error.ts";
import { evaluate } from "./evaluate.ts";
import { type Expr, type Graph, isExpr, toGraph } from "./expr.ts";
import { newShelf, type Residents, type Values } from "./resident.ts";
import { check } from "./shape.ts";
import { leavesOf, type Tensors } from "./sizes.ts";
import type { DType, Tensor } from "./tensor.ts";

/** Rows `first` to `first + count - 1` of the first axis, in an array that is the caller's. */
export type ReadRows = (first: number, count: number) => Faulty<Tensor>;

/** Where weights come from: described without reading, read when a backend wants them. */
export type Weights = {
  readonly describe: (name: string) => { readonly dtype: DType; readonly shape: readonly number[] } | undefined;
  readonly read: (name: string) => Faulty<Tensor>;
  /** Where rows of a weight can be had without the others. */
  readonly rows?: (name: string) => ReadRows | undefined;
  /** Where a weight can also be had as its file stores it, in blocks; `describe` and `read` say its values then, in f32. */
  readonly blocks?: (name: string) => Blocks | undefined;
};

export type Progress = { readonly done: number; readonly total: number; readonly what: string };

/** The part of an AbortSignal that a run looks at. */
export type Signal = { readonly aborted: boolean };

export type RunOptions = {
  readonly signal?: Signal;
  readonly progress?: (progress: Progress) => void;
};

export type PrepareOptions = RunOptions & {
  /** Sizes that the next run will have, where they are known: a backend may leave unread what such a run will not keep. */
  readonly sizes?: Sizes;
};

/** A graph made ready: its weights are where they are needed, any prompt length can run. */
export type Runner = {
  readonly run: (inputs: Values, options?: RunOptions) => Faulty<Tensors>;
  /**
   * The same, whose outputs stay where they are computed, for later runs of this or another runner of the backend. They
   * outlive the runner; each takes memory until it is disposed of.
   */
  readonly runResident: (inputs: Values, options?: RunOptions) => Faulty<Residents>;
  readonly dispose: () => void;
};

/** What a runner answers once it was disposed of. */
export const disposedRunner: readonly Fault[] = [
  fault("disposed", "run", "a runner that was not disposed of", "one that was", "prepare the graph again"),
];

/** What a run will take, told before anything is read or allocated. Bytes. */
export type Foreseen = {
  /** Those of the weights that are there at once, and all of them. */
  readonly weights: number;
  readonly allWeights: number;
  /** All of them by the type they are held in. */
  readonly byType?: Readonly<Record<string, number>>;
  readonly activations: number;
  /** The most that is there at once of what the backend accounts for. */
  readonly peak: number;
  /** What the process itself takes beside that, where both share a memory. */
  readonly beside: number;
  /** Into how many pieces the rows of the parts are cut. */
  readonly tiles: number;
};

export type Backend = {
  /** `webgpu`, `cpu` or `reference`. */
  readonly name: string;
  /** The device it runs on, for people. */
  readonly device: string;
  readonly prepare: (graph: Graph, weights: Weights, options?: PrepareOptions) => Faulty<Runner>;
  /** Faults: a misshapen graph, a run that does not fit. */
  readonly foresee?: (graph: Graph, weights: Weights, sizes: Sizes) => E.Either<readonly Fault[], Foreseen>;
  readonly close: () => void | Promise<void>;
};

/** Weights that are at hand as tensors. */
export const weightsOf = (tensors: Tensors): Weights => ({
  describe: (name) => (Object.hasOwn(tensors, name) ? tensors[name] : undefined),
  read: (name) =>
    Object.hasOwn(tensors, name)
      ? TE.right(tensors[name] as Tensor)
      : TE.left([fault("missing", `weight ${name}`, "a tensor", "none", "give one under this name")]),
});

/** Whether every weight of a graph is there with the shape the graph says; numbers only, as in a checkpoint. */
export const checkWeights = (graph: Graph, weights: Weights): readonly Fault[] =>
  leavesOf(graph).flatMap((leaf) => {
    if (leaf.op !== "weight") return [];
    const { name, shape } = leaf.params;
    const found = weights.describe(name);
    if (found === undefined) return [fault("missing", `weight ${name}`, `a tensor ${showShape(shape)}`, "none")];
    return sameNumbers(shape, found.shape)
      ? []
      : [fault("shape", `weight ${name}`, showShape(shape), showShape(found.shape))];
  });

const sameNumbers = (wanted: Shape, got: readonly number[]): boolean =>
  wanted.length === got.length && wanted.every((d, i) => d === got[i]);

/** All weights of a graph, read one after the other. */
export const readWeights = (graph: Graph, weights: Weights): Faulty<Tensors> => {
  const names = [...new Set(leavesOf(graph).flatMap((leaf) => (leaf.op === "weight" ? [leaf.params.name] : [])))];
  return pipe(
    names,
    TE.traverseSeqArray((name) => TE.map((t: Tensor) => [name, t] as const)(weights.read(name))),
    TE.map((entries) => Object.fromEntries(entries)),
  );
};

const evaluated = newShelf<Tensor>(TE.right);

const keptOf = (outputs: Tensors): Residents =>
  Object.fromEntries(Object.entries(outputs).map(([name, t]) => [name, evaluated.put(t, t, () => undefined)]));

/** The f64 evaluator as a backend: slow, and the oracle of the others. */
export const reference: Backend = {
  name: "reference",
  device: "f64 evaluator in JavaScript",
  prepare: (graph, weights) =>
    pipe(
      TE.fromEither(check(graph)),
      TE.chain(() => readWeights(graph, weights)),
      TE.map((read): Runner => {
        const run = (inputs: Values): Faulty<Tensors> =>
          evaluated.lend(inputs, async (tensors, lent) => evaluate(graph, { ...tensors, ...lent, ...read }));
        return { run, runResident: (inputs) => TE.map(keptOf)(run(inputs)), dispose: () => undefined };
      }),
    ),
  close: () => undefined,
};

/**
 * Runs a graph once on named tensors, weights and inputs together: the short way for scripts.
 * Rejects with a FaultError whose message lists every fault.
 */
export const run = async (
  backend: Backend,
  source: Graph | Expr | { readonly graph: Graph },
  tensors: Tensors,
  options: RunOptions = {},
): Promise<Tensors> => {
  const graph = hasGraph(source) ? source.graph : toGraph(source);
  const result = await pipe(
    backend.prepare(graph, weightsOf(tensors), options),
    TE.chain((runner) =>
      pipe(
        runner.run(inputsOf(graph, tensors), options),
        T.map((out) => {
          runner.dispose();
          return out;
        }),
      ),
    ),
  )();
  if (E.isLeft(result)) throw faultError(result.left);
  return result.right;
};

/** What decompose() returns; a graph may well have an output that is called `graph`. */
const hasGraph = (source: Graph | Expr | { readonly graph: Graph }): source is { readonly graph: Graph } =>
  "graph" in source && !isExpr(source.graph as Graph | Expr);

const inputsOf = (graph: Graph, tensors: Tensors): Tensors =>
  Object.fromEntries(
    leavesOf(graph).flatMap((leaf) => {
      const found = leaf.op === "input" ? tensors[leaf.params.name] : undefined;
      return found === undefined ? [] : [[leaf.params.name, found]];
    }),
  );
