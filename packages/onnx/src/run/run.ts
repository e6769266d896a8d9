// A plan run: sizes bound and checked, bytes counted before anything is allocated, then segment after segment, each in its
// session. Between segments the clock is told and an abort is heard: ONNX Runtime hears nothing while it computes.
import {
  bindSizes,
  checkIndexes,
  checkSizes,
  disposedRunner,
  type Fault,
  type Graph,
  type IndexBound,
  type RunOptions,
  type SizeBound,
  type Sizes,
  type Tensor,
  type Tensors,
  tensor,
  type Weights,
} from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { Program } from "../lower/program.ts";
import { noRoom } from "../memory/budget.ts";
import { departures, nextLengths, weightsIn } from "../memory/memory.ts";
import { type Way, type Ways, wayFor } from "../memory/way.ts";
import type { Step } from "../plan/plan.ts";
import { isDense } from "../plan/variant.ts";
import { aborted, isAborted } from "../runtime/aborted.ts";
import { freeNow } from "../runtime/free.ts";
import type { OrtTensor, Session } from "../runtime/session.ts";
import { type Lookup, rowsFor } from "../weights/lookup.ts";
import { type Arrays, FLOAT } from "../weights/pool.ts";
import type { Store } from "../weights/store.ts";
import { type Feeds, fetchesOf, fixedFeeds, inputTensor, type Room } from "./feeds.ts";
import { type Opened, openAll, type Sessions } from "./sessions.ts";

type Result<A> = E.Either<readonly Fault[], A>;

/** What follows from sizes alone, and arrays for values of a way that no run uses at the moment. */
export type Again = {
  readonly fixed: Map<Program, Feeds>;
  readonly arenas: ArrayBuffer[];
};

/** All that a runner has at hand. */
export type Ready = Sessions & {
  /** The inputs alone: weights were checked before. */
  readonly inputs: Graph;
  readonly ways: Ways;
  /** Inputs of the plan that are rows of tables, and where these are read. */
  readonly lookups: ReadonlyMap<string, Lookup>;
  readonly weights: Weights;
  readonly store: Store;
  readonly bounds: readonly SizeBound[];
  readonly indexes: readonly IndexBound[];
  /** Bytes that weights and runs of the backend may take together. */
  readonly budget: number;
  /** Whether a weight that makes gates is dense (variant.ts), once it was seen. */
  readonly gates: Map<string, boolean>;
  /** Arrays of results that nobody holds any more. */
  readonly arrays: Arrays;
  /** Of earlier runs in the same way. */
  readonly last: { way: Way | undefined; again: Again };
};

/** Bytes that its weights and a run may take: what other runners of the backend keep is not among them. */
export const freeFor = ({ store, budget }: Pick<Ready, "store" | "budget">): number => budget - store.others();

const boundSizes = (ready: Ready, inputs: Tensors): Result<Sizes> =>
  pipe(
    bindSizes(ready.inputs, inputs),
    E.chain((sizes) => {
      const faults = [...checkSizes(ready.bounds, sizes), ...checkIndexes(ready.indexes, inputs, sizes)];
      return faults.length > 0 ? E.left(faults) : E.right(sizes);
    }),
  );

/** Whether lean shares hold, as far as the gates are known. */
const isLean = ({ gates }: Ready): boolean => [...gates.values()].every((dense) => dense);

export const runOnce = async (ready: Ready, inputs: Tensors, options: RunOptions): Promise<Result<Tensors>> => {
  if (!ready.life.isOpen) return E.left(disposedRunner);
  const sizes = boundSizes(ready, inputs);
  if (E.isLeft(sizes)) return sizes;
  const lean = await runIn(ready, inputs, sizes.right, options, !isLean(ready));
  // A silent neuron or an empty state: lean shares would be wrong, the exact ones are told instead.
  return E.isRight(lean) && lean.right === "unsure"
    ? ((await runIn(ready, inputs, sizes.right, options, true)) as Result<Tensors>)
    : (lean as Result<Tensors>);
};

const runIn = async (
  ready: Ready,
  inputs: Tensors,
  sizes: Sizes,
  options: RunOptions,
  exact: boolean,
): Promise<Result<Tensors | "unsure">> => {
  const { ways, lookups, weights, store, budget } = ready;
  const kept = store.keeps(ways.base.weights);
  if (await isAborted(options.signal)) return E.left(aborted("run"));
  const way = wayFor(ways, sizes, { exact, kept, free: freeFor(ready), budget });
  if (E.isLeft(way)) return way;
  store.letGo(way.right.coming);
  const all = await rowsFor(lookups, weights, store.kept, inputs)();
  return E.isLeft(all) ? all : computed(ready, way.right, all.right, options);
};

/** Another length needs other tables and another array: those of the last one are let go. */
const againFor = ({ last }: Ready, way: Way): Again => {
  if (last.way !== way) {
    freeNow(last.again.arenas);
    last.again = { fixed: new Map(), arenas: [] };
    last.way = way;
  }
  return last.again;
};

const arenaOf = ({ arenas }: Again, { places: { elements } }: Way): Result<ArrayBuffer> =>
  E.tryCatch(
    () => arenas.pop() ?? new ArrayBuffer(FLOAT * elements),
    () => [noRoom("values between segments", FLOAT * elements)],
  );

type Held = ReadonlyMap<string, OrtTensor>;

/** The weights of each step when it comes, and what is done with them behind it. */
type Supply = {
  readonly before: (step: Step) => Promise<Result<Held>>;
  readonly behind: (index: number) => void;
};

const supplyOf = ({ store, ways }: Ready, { steps, streams, coming }: Way, { signal }: RunOptions): Supply => {
  const options = signal === undefined ? {} : { signal };
  const stay = (step: Step) =>
    store.keep(
      weightsIn(step).filter((name) => !coming.has(name)),
      options,
    );
  if (streams === undefined) return { before: (step) => stay(step)(), behind: () => undefined };
  const stream = store.stream();
  const leaving = departures(steps, streams, coming);
  const next = nextLengths(steps, ways.costs, coming);
  const come = (step: Step) =>
    stream.bring(
      weightsIn(step).filter((name) => coming.has(name)),
      options,
    );
  return {
    before: (step) =>
      pipe(
        stay(step),
        TE.chain((kept) => TE.map((brought: Held): Held => new Map([...kept, ...brought]))(come(step))),
      )(),
    behind: (index) => stream.release(leaving[index] ?? [], next[index]),
  };
};

/** Whether the gates that a step reads are such that lean shares hold. */
const gatesHold = ({ gates, ways: { base } }: Ready, { variant }: Way, step: Step, weights: Held): boolean => {
  if (!variant?.lean) return true;
  const wanted = base.layout?.lean?.gates ?? [];
  for (const name of weightsIn(step)) {
    const found = weights.get(name);
    if (found === undefined || gates.has(name) || !wanted.includes(name)) continue;
    gates.set(name, isDense(found.data as Float32Array, found.dims.at(-1) as number));
  }
  return weightsIn(step).every((name) => gates.get(name) !== false);
};

/** What a step gives, by the names of its values; "unsure" where its own checks say that it may be wrong. */
const stepped = async (
  sessions: Opened,
  step: Step,
  feeds: Feeds,
  fetches: Feeds,
): Promise<Result<ReadonlyMap<string, OrtTensor> | "unsure">> => {
  const done = await (sessions.get(step.program) as Session).run(feeds, fetches)();
  if (E.isLeft(done)) return done;
  const given = (local: string): OrtTensor | undefined => fetches[step.program.outputs[local]?.tensor ?? ""];
  if (step.checks.some((name) => (given(name)?.data[0] ?? 0) !== 0)) return E.right("unsure");
  return E.right(new Map([...step.outputs].map(([local, value]) => [value, given(local) as OrtTensor])));
};

/** What a run has of its own. */
type Course = {
  readonly way: Way;
  readonly sessions: Opened;
  readonly supply: Supply;
  readonly fixed: Map<Program, Feeds>;
  readonly room: Room;
  readonly inputs: Tensors;
  readonly options: RunOptions;
};

const computed = async (
  ready: Ready,
  way: Way,
  inputs: Tensors,
  options: RunOptions,
): Promise<Result<Tensors | "unsure">> => {
  const sessions = await openAll(ready, way, freeFor(ready), options);
  if (E.isLeft(sessions)) return sessions;
  const again = againFor(ready, way);
  const arena = arenaOf(again, way);
  if (E.isLeft(arena)) return arena;
  const room: Room = { places: way.places, arena: arena.right, kept: way.kept, arrays: ready.arrays };
  const supply = supplyOf(ready, way, options);
  const course: Course = { way, sessions: sessions.right, supply, fixed: again.fixed, room, inputs, options };
  const result = await throughSteps(ready, course);
  again.arenas.push(arena.right);
  return result;
};

const throughSteps = async (ready: Ready, course: Course): Promise<Result<Tensors | "unsure">> => {
  const { way, sessions, supply, fixed, room, inputs, options } = course;
  const { steps, sizes } = way;
  const values = new Map<string, OrtTensor>();
  for (const [i, step] of steps.entries()) {
    if (await isAborted(options.signal)) return E.left(aborted("run"));
    if (!ready.life.isOpen) return E.left(disposedRunner);
    options.progress?.({ done: i, total: steps.length, what: step.site ?? `segment ${i}` });
    const weights = await supply.before(step);
    if (E.isLeft(weights)) return weights;
    if (!gatesHold(ready, way, step, weights.right)) return E.right("unsure");
    const own = fixed.get(step.program) ?? fixedFeeds(ready.runtime, step, sizes);
    fixed.set(step.program, own);
    const feeds = { ...own, ...feedsOf(ready, step, weights.right, values, inputs) };
    const made = await stepped(sessions, step, feeds, fetchesOf(ready.runtime, step, sizes, room));
    if (E.isLeft(made) || made.right === "unsure") return made as Result<"unsure">;
    for (const [value, t] of made.right) values.set(value, t);
    supply.behind(i);
  }
  return E.right(results(ready, values));
};

const feedsOf = (
  { runtime }: Ready,
  { program: { inputs: leaves }, sources }: Step,
  weights: Held,
  values: ReadonlyMap<string, OrtTensor>,
  inputs: Tensors,
): Feeds => {
  const feeds: Record<string, OrtTensor> = {};
  for (const { params } of leaves) {
    const source = sources.get(params.name);
    if (source === undefined) continue;
    const dtype = "dtype" in params ? params.dtype : "f32";
    feeds[params.name] =
      source.kind === "input"
        ? inputTensor(runtime, inputs[source.name] as Tensor, dtype)
        : ((source.kind === "weight" ? weights : values).get(source.name) as OrtTensor);
  }
  return feeds;
};

const results = ({ ways: { base } }: Ready, values: ReadonlyMap<string, OrtTensor>): Tensors =>
  Object.fromEntries(
    Object.entries(base.outputs).map(([name, value]) => {
      const { type, data, dims } = values.get(value) as OrtTensor;
      return [name, tensor(type === "int32" ? "i32" : "f32", dims, data as Float32Array | Int32Array)];
    }),
  );
