// A plan run: sizes bound and checked, bytes counted before anything is allocated, then segment after segment, each in its
// session. Between segments the clock is told and an abort is heard: ONNX Runtime hears nothing while it computes.
import {
  bindSizes,
  check,
  checkIndexes,
  checkSizes,
  disposedRunner,
  type Fault,
  type Faulty,
  type Graph,
  type IndexBound,
  indexBounds,
  leavesOf,
  newShelf,
  type Residents,
  type Runner,
  type RunOptions,
  type Shelf,
  type SizeBound,
  type Sizes,
  sizeBounds,
  type Tensor,
  type Tensors,
  tensor,
  type Values,
  valueOf,
  type Weights,
} from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { aborted } from "./aborted.ts";
import { arrangedFor } from "./arranged.ts";
import { heldBytes, showSizes, tooBig, weightBytes } from "./budget.ts";
import { type Feeds, fetchesOf, fixedFeeds, given, inputTensor, type Pool } from "./feeds.ts";
import { lastReads, runBytes } from "./memory.ts";
import { type Base, basePlan, type Models, type PlanOptions, type Step, stepsFor } from "./plan.ts";
import type { Program } from "./program.ts";
import { type OrtTensor, openSession, type Runtime, type Session } from "./session.ts";
import { tileSizes } from "./tiles/tiling.ts";
import { isDense, type Variant, variantFor } from "./variant.ts";
import { type Held, holdWeights } from "./weights.ts";

type Result<A> = E.Either<readonly Fault[], A>;

export type CpuOptions = PlanOptions & {
  /** Bytes that weights and runs may take together. */
  readonly budgetBytes: number;
};

/** All that a runner has at hand. */
type Ready = {
  readonly runtime: Runtime;
  /** The inputs alone: weights were checked when they were read. */
  readonly inputs: Graph;
  readonly base: Base;
  readonly held: Held;
  readonly bounds: readonly SizeBound[];
  readonly indexes: readonly IndexBound[];
  readonly free: number;
  /** Whether lean shares hold for these weights. */
  readonly lean: boolean;
  readonly models: Models;
  readonly steps: Map<string, readonly Step[]>;
  /** A session that is being opened is waited for, not opened twice. */
  readonly sessions: Map<Program, Promise<Result<Session>>>;
  /** Of earlier runs with the same sizes: arrays, and what follows from the sizes alone. */
  readonly pool: { sizes: string; arrays: Pool; fixed: Map<Program, Feeds>; bytes: Map<readonly Step[], number> };
  /** What stays between runs; the backend's. */
  readonly shelf: Shelf<Tensor>;
  /** Ended by dispose(). */
  readonly life: { isOpen: boolean };
};

/** Arrays that stay: a copy of one is read, since another run may write into it once it was disposed of. */
export const newArrays = (): Shelf<Tensor> => newShelf((t) => TE.right({ ...t, data: t.data.slice() }));

/** Reads weights and plans; models and sessions are made by the first run. */
export const prepareOn = (
  runtime: Runtime,
  shelf: Shelf<Tensor>,
  source: Graph,
  stored: Weights,
  options: CpuOptions,
  runOptions: RunOptions = {},
): Faulty<Runner> =>
  pipe(
    TE.fromEither(arrangedFor(source, stored)),
    TE.bind("base", ({ graph }) => TE.fromEither(basePlan(graph, options))),
    TE.bind("bytes", ({ graph, base }) => TE.fromEither(weightBytes(graph, base, options.budgetBytes))),
    TE.bind("shapes", ({ graph }) => TE.fromEither(check(graph))),
    TE.bind("held", ({ base, weights }) => holdWeights(runtime, base.weights, base.derived, weights, runOptions)),
    TE.map(({ graph, base, bytes, shapes, held }): Runner => {
      const ready: Ready = {
        runtime,
        inputs: inputsOf(graph),
        base,
        held,
        bounds: sizeBounds(graph, shapes),
        indexes: indexBounds(graph, shapes),
        free: options.budgetBytes - bytes,
        lean: (base.layout?.lean?.gates ?? []).every((name) => isDenseWeight(held, name)),
        models: new Map(),
        steps: new Map(),
        sessions: new Map(),
        pool: { sizes: "", arrays: new Map(), fixed: new Map(), bytes: new Map() },
        shelf,
        life: { isOpen: true },
      };
      const run = (inputs: Values, own: RunOptions = {}): Faulty<Tensors> =>
        shelf.lend(inputs, (tensors, lent) => runOnce(ready, { ...tensors, ...lent }, own));
      return {
        run,
        runResident: (inputs, own) => TE.map((outputs: Tensors) => keptOutputs(ready, outputs))(run(inputs, own)),
        dispose: () => disposeOf(ready),
      };
    }),
  );

const disposeOf = (ready: Ready): void => {
  if (!ready.life.isOpen) return;
  ready.life.isOpen = false;
  for (const opening of ready.sessions.values())
    void opening.then((made) => {
      if (E.isRight(made)) made.right.dispose();
    });
  ready.sessions.clear();
  ready.steps.clear();
  ready.models.clear();
  ready.pool.arrays.clear();
  ready.pool.fixed.clear();
  ready.pool.bytes.clear();
  (ready.held as Map<string, OrtTensor>).clear();
};

const isDenseWeight = (held: Held, name: string): boolean => {
  const found = held.get(name);
  return found !== undefined && isDense(found.data as Float32Array, found.dims.at(-1) as number);
};

const inputsOf = (graph: Graph): Graph =>
  Object.fromEntries(leavesOf(graph).flatMap((l, i) => (l.op === "input" ? [[`${i}`, l] as const] : [])));

const boundSizes = (ready: Ready, inputs: Tensors): Result<Sizes> =>
  pipe(
    bindSizes(ready.inputs, inputs),
    E.chain((sizes) => {
      const faults = [...checkSizes(ready.bounds, sizes), ...checkIndexes(ready.indexes, inputs, sizes)];
      return faults.length > 0 ? E.left(faults) : E.right(sizes);
    }),
  );

const runOnce = async (ready: Ready, inputs: Tensors, options: RunOptions): Promise<Result<Tensors>> => {
  if (!ready.life.isOpen) return E.left(disposedRunner);
  const sizes = boundSizes(ready, inputs);
  if (E.isLeft(sizes)) return sizes;
  const lean = await runVariant(ready, inputs, sizes.right, options, !ready.lean);
  // A silent neuron or an empty state: lean shares would be wrong, the exact ones are told instead.
  return E.isRight(lean) && lean.right === "unsure"
    ? ((await runVariant(ready, inputs, sizes.right, options, true)) as Result<Tensors>)
    : (lean as Result<Tensors>);
};

const variantOf = ({ base }: Ready, sizes: Sizes, exact: boolean): Variant | undefined =>
  base.layout && variantFor(base.layout, valueOf(base.layout.tokens, sizes), exact);

const runVariant = async (
  ready: Ready,
  inputs: Tensors,
  bound: Sizes,
  options: RunOptions,
  exact: boolean,
): Promise<Result<Tensors | "unsure">> => {
  const variant = variantOf(ready, bound, exact);
  const sizes = variant === undefined ? bound : tileSizes(variant.tiling, bound);
  const key = `${variant?.key}`;
  const made = ready.steps.get(key) ?? stepsFor(ready.base, variant, ready.models);
  const steps = "_tag" in made ? made : E.right(made);
  if (E.isLeft(steps)) return steps;
  ready.steps.set(key, steps.right);
  const kept = new Set(Object.values(ready.base.outputs));
  const { bytes: known } = poolFor(ready, sizes);
  const bytes = known.get(steps.right) ?? runBytes(steps.right, kept, sizes);
  known.set(steps.right, bytes);
  if (bytes > ready.free)
    return E.left([tooBig(`a run with ${showSizes(bound)}`, bytes, ready.free, ready.free + heldBytes(ready.held))]);
  return computed(ready, steps.right, kept, inputs, sizes, options);
};

const sessionFor = (ready: Ready, { program: own }: Step): Promise<Result<Session>> => {
  const opening = ready.sessions.get(own) ?? openSession(ready.runtime, own.bytes)();
  ready.sessions.set(own, opening);
  return opening;
};

/** Another length needs other arrays and tables, and other bytes: those of the last one are let go. */
const poolFor = ({ pool }: Ready, sizes: Sizes): Ready["pool"] => {
  const text = showSizes(sizes);
  if (pool.sizes !== text) [pool.arrays, pool.fixed, pool.bytes] = [new Map(), new Map(), new Map()];
  pool.sizes = text;
  return pool;
};

const computed = async (
  ready: Ready,
  steps: readonly Step[],
  kept: ReadonlySet<string>,
  inputs: Tensors,
  sizes: Sizes,
  options: RunOptions,
): Promise<Result<Tensors | "unsure">> => {
  const last = lastReads(steps, kept);
  const values = new Map<string, OrtTensor>();
  const { arrays, fixed } = poolFor(ready, sizes);
  for (const [i, step] of steps.entries()) {
    if (options.signal?.aborted) return E.left(aborted("run"));
    if (!ready.life.isOpen) return E.left(disposedRunner);
    options.progress?.({ done: i, total: steps.length, what: step.site ?? `segment ${i}` });
    const session = await sessionFor(ready, step);
    if (E.isLeft(session)) return session;
    const own = fixed.get(step.program) ?? fixedFeeds(ready.runtime, step, sizes);
    fixed.set(step.program, own);
    const feeds = { ...own, ...feedsOf(ready, step, values, inputs) };
    const fetches = fetchesOf(ready.runtime, step, sizes, arrays, kept);
    const done = await session.right.run(feeds, fetches)();
    if (E.isLeft(done)) return done;
    if (step.checks.some((name) => (fetches[step.program.outputs[name]?.tensor ?? ""]?.data[0] ?? 0) !== 0))
      return E.right("unsure");
    for (const [local, value] of step.outputs)
      values.set(value, fetches[step.program.outputs[local]?.tensor ?? ""] as OrtTensor);
    for (const [name, t] of values)
      if ((last.get(name) ?? 0) <= i) {
        values.delete(name);
        given(arrays, t.data);
      }
  }
  return E.right(results(ready, values));
};

const feedsOf = (ready: Ready, step: Step, values: ReadonlyMap<string, OrtTensor>, inputs: Tensors): Feeds => {
  const feeds: Record<string, OrtTensor> = {};
  for (const n of step.program.inputs) {
    const source = step.sources.get(n.params.name);
    if (source === undefined) continue;
    const dtype = "dtype" in n.params ? n.params.dtype : "f32";
    feeds[n.params.name] =
      source.kind === "input"
        ? inputTensor(ready.runtime, inputs[source.name] as Tensor, dtype)
        : ((source.kind === "weight" ? ready.held : values).get(source.name) as OrtTensor);
  }
  return feeds;
};

/** The outputs as residents, each in an array of its own, which the runner uses again when it was disposed of. */
const keptOutputs = ({ shelf, pool: { arrays } }: Ready, outputs: Tensors): Residents => {
  const taken = new Set<Tensor["data"]>();
  return Object.fromEntries(
    Object.entries(outputs).map(([name, t]) => {
      const own = taken.has(t.data) ? { ...t, data: t.data.slice() } : t;
      taken.add(own.data);
      return [name, shelf.put(own, own, () => given(arrays, own.data))];
    }),
  );
};

const results = (ready: Ready, values: ReadonlyMap<string, OrtTensor>): Tensors =>
  Object.fromEntries(
    Object.entries(ready.base.outputs).map(([name, value]) => {
      const { type, data, dims } = values.get(value) as OrtTensor;
      return [name, tensor(type === "int32" ? "i32" : "f32", dims, data as Float32Array | Int32Array)];
    }),
  );
