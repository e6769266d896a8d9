// A plan on a device: weights go there once, then any number of runs. Each run binds sizes, refuses what cannot fit, uploads
// its inputs, submits the steps in batches (looking at the clock and the abort signal between them) and reads the outputs.

import {
  bindSizes,
  checkIndexes,
  checkSizes,
  checkWeights,
  disposedRunner,
  evaluateClosed,
  type Fault,
  type Faulty,
  fault,
  type Graph,
  prune,
  type Runner,
  type RunOptions,
  type Sizes,
  shapeOfSizes,
  type Tensor,
  type Tensors,
  tensor,
  toF64,
  type Weights,
} from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type Allocation, allocate, download, release, upload, usedBytes } from "./buffer.ts";
import type { Device } from "./device.ts";
import { aborted, type Held, newHeld, storedType } from "./held.ts";
import type { Lowerings } from "./lower.ts";
import { batchSteps, fitRun, type Layout, tilesOf, weightBytes } from "./memory-plan.ts";
import { pipelineFor, prepare as prepareStep, releaseStep, type Step, submit } from "./pipeline.ts";
import { type Plan, type PlanBuffer, type PlanStep, plan as planGraph } from "./plan.ts";
import { showBytes } from "./show-plan.ts";
import { leastWeights, type Stage, stagesOf } from "./stages.ts";

type Result<A> = E.Either<readonly Fault[], A>;

export type PrepareOptions = RunOptions & { readonly lowerings?: Lowerings };

/**
 * Plans a graph, compiles its kernels and uploads its weights in their stored type. Where the budget has no room for all of
 * them, runs read them anew: `weights` must stay readable as long as the runner lives.
 */
export const prepareOn = (
  device: Device,
  graph: Graph,
  weights: Weights,
  options: PrepareOptions = {},
): Faulty<Runner> =>
  pipe(
    TE.fromEither(planFor(device, graph, weights, options)),
    TE.chainFirst((plan) => compile(device, plan)),
    TE.bindTo("plan"),
    TE.bind("held", ({ plan }) => uploadWeights(device, plan, newHeld(device, plan, weights), options)),
    TE.map(
      ({ plan, held }): Runner => ({
        run: (inputs, runOptions = {}) => held.inTurn(() => runPlan(device, plan, held, inputs, runOptions)),
        dispose: held.dispose,
      }),
    ),
  );

export const planFor = (device: Device, graph: Graph, weights: Weights, options: PrepareOptions): Result<Plan> => {
  const faults = checkWeights(graph, weights);
  if (faults.length > 0) return E.left(faults);
  const dtypeOf = (name: string) => storedType(weights.describe(name)?.dtype ?? "f32");
  return planGraph(graph, { target: device, dtypeOf, ...(options.lowerings ? { lowerings: options.lowerings } : {}) });
};

const compile = (device: Device, plan: Plan): Faulty<unknown> => {
  const kernels = [...new Map(plan.steps.map((s) => [s.kernel.wgsl, s.kernel])).values()];
  return TE.traverseArray((k: (typeof kernels)[number]) => pipelineFor(device, k))(kernels);
};

const weightNumbers = ({ buffers }: Plan): readonly number[] =>
  buffers.flatMap((b, i) => (b.kind === "weight" ? [i] : []));

/** All weights, where there is room for them; else none. */
const uploadWeights =
  (device: Device, plan: Plan, held: Held, options: RunOptions): Faulty<Held> =>
  async () => {
    const [least, free] = [leastWeights(plan), freeBytes(device, held)];
    if (least > free) return E.left([tooBig(device, "the weights", least, free)]);
    const moved = weightBytes(plan) > free ? E.right(undefined) : await held.load(weightNumbers(plan), options)();
    if (E.isRight(moved)) return E.right(held);
    held.dispose();
    return moved;
  };

/** What weights and a run of this graph may take together. */
const freeBytes = (device: Device, held: Held): number => device.budgetBytes - usedBytes(device) + held.bytes();

export const tooBig = (device: Device, what: string, bytes: number, free: number): Fault =>
  fault(
    "out-of-memory",
    what,
    `at most ${showBytes(free)} (what is left of the budget of ${showBytes(device.budgetBytes)} on ${device.name})`,
    showBytes(bytes),
    "raise --memory, shorten the prompt or choose another backend",
  );

const runPlan = async (
  device: Device,
  plan: Plan,
  held: Held,
  inputs: Tensors,
  options: RunOptions,
): Promise<Result<Tensors>> => {
  if (!held.isOpen()) return E.left(disposedRunner);
  const sizes = boundSizes(plan, inputs);
  if (E.isLeft(sizes)) return sizes;
  const free = freeBytes(device, held);
  const fit = fitRun(plan, sizes.right, { bytes: free, buffer: largestBuffer(device) }, leastWeights(plan));
  if (!fit.fits && fit.bytes > free)
    return E.left([tooBig(device, `a run with ${showSizes(sizes.right)}`, fit.bytes, free)]);
  const stages = fit.streams ? stagesOf(plan, held.there.keys(), fit.room) : resident(plan, held);
  held.evict(stages[0]?.evict ?? []);
  const slots = await allocateSlots(device, fit.layout);
  if (E.isLeft(slots)) return slots;
  const { layout } = fit;
  const buffers = (): readonly Allocation[] =>
    plan.buffers.map((_, i) => held.there.get(i) ?? (slots.right[layout.slotOf[i] as number] as Allocation));
  const result = await pipe(
    feed(device, plan, buffers(), inputs, sizes.right),
    TE.chain(() => staged(device, held, stages, buffers, (s) => unrolled(plan, sizes.right, layout, s), options)),
    TE.chain(() => outputs(device, plan, buffers(), sizes.right)),
  )();
  for (const slot of slots.right) release(device, slot);
  if (fit.streams) held.evict([...held.there.keys()]);
  const stray = device.takeFaults();
  return stray.length > 0 && E.isRight(result) ? E.left(stray) : result;
};

/** One stage, before which the weights come that are not there. */
const resident = (plan: Plan, { there }: Held): readonly Stage[] => [
  { from: 0, to: plan.steps.length, evict: [], load: weightNumbers(plan).filter((b) => !there.has(b)) },
];

export const largestBuffer = ({ limits }: Device): number =>
  Math.min(limits.maxBufferSize ?? 0, limits.maxStorageBufferBindingSize ?? 0);

export const showSizes = (sizes: Sizes): string =>
  Object.entries(sizes)
    .map(([symbol, value]) => `${symbol} = ${value}`)
    .join(", ");

/** Sizes from the inputs alone: weights were checked when they were uploaded. */
const boundSizes = (plan: Plan, inputs: Tensors): Result<Sizes> => {
  const leaves = Object.fromEntries(
    plan.buffers.flatMap((b, i) => (b.kind === "input" ? [[`${i}`, b.expr] as const] : [])),
  );
  return pipe(
    bindSizes(prune(Object.keys(leaves))(leaves), inputs),
    E.chain((sizes) => {
      const faults = [...checkSizes(plan.sizes, sizes), ...checkIndexes(plan.bounds, inputs, sizes)];
      return faults.length > 0 ? E.left(faults) : E.right(sizes);
    }),
  );
};

const allocateSlots = async (device: Device, layout: Layout): Promise<Result<readonly Allocation[]>> => {
  const slots: Allocation[] = [];
  for (const { bytes, name } of layout.slots) {
    const made = await allocate(device, name, bytes)();
    if (E.isLeft(made)) {
      for (const s of slots) release(device, s);
      return made;
    }
    slots.push(made.right);
  }
  return E.right(slots);
};

/** Inputs as given; closed values from the f64 evaluator, rounded once. */
const feed =
  (device: Device, plan: Plan, buffers: readonly Allocation[], inputs: Tensors, sizes: Sizes): Faulty<void> =>
  async () => {
    for (const [i, b] of plan.buffers.entries()) {
      if (b.kind !== "input" && b.kind !== "closed") continue;
      const value = b.kind === "input" ? (inputs[b.name] as Tensor) : evaluateClosed(b.expr, sizes);
      const data = b.dtype === "i32" ? Int32Array.from(toF64(value)) : Float32Array.from(toF64(value));
      const sent = await upload(device, buffers[i] as Allocation, data)();
      if (E.isLeft(sent)) return sent;
    }
    return E.right(undefined);
  };

/** One dispatch: a step, with the sizes of the run and of its tile. */
type Work = { readonly step: PlanStep; readonly sizes: Sizes };

/** Steps in order; those of a region once for each of its tiles. */
const unrolled = (plan: Plan, sizes: Sizes, { tileRows }: Layout, stage: Stage): readonly Work[] => {
  const work: Work[] = [];
  for (let { from } = stage; from < stage.to; ) {
    const region = plan.steps[from]?.region;
    let to = from + 1;
    while (region !== undefined && plan.steps[to]?.region === region) to++;
    const tiles = region === undefined ? [{}] : tilesOf(region, sizes, tileRows);
    for (const tile of tiles)
      for (const step of plan.steps.slice(from, to)) work.push({ step, sizes: { ...sizes, ...tile } });
    from = to;
  }
  return work;
};

/** Stage after stage: nothing is ahead of the device when weights leave it. */
const staged =
  (
    device: Device,
    held: Held,
    stages: readonly Stage[],
    buffers: () => readonly Allocation[],
    workOf: (stage: Stage) => readonly Work[],
    options: RunOptions,
  ): Faulty<void> =>
  async () => {
    const works = stages.map(workOf);
    const total = works.reduce((sum, w) => sum + w.length, 0);
    let done = 0;
    for (const [i, { evict, load }] of stages.entries()) {
      held.evict(evict);
      const loaded = await held.load(load, options.signal === undefined ? {} : { signal: options.signal })();
      if (E.isLeft(loaded)) return loaded;
      const work = works[i] as readonly Work[];
      const ran = await computed(device, held, buffers(), work, options, done, total);
      if (E.isLeft(ran)) return ran;
      done += work.length;
    }
    return E.right(undefined);
  };

const computed = async (
  device: Device,
  held: Held,
  buffers: readonly Allocation[],
  work: readonly Work[],
  options: RunOptions,
  before: number,
  total: number,
): Promise<Result<void>> => {
  const size = batchSteps[device.kind];
  for (let from = 0; from < work.length; from += size) {
    if (options.signal?.aborted) return E.left([aborted()]);
    if (!held.isOpen()) return E.left(disposedRunner);
    options.progress?.({ done: before + from, total, what: work[from]?.step.name ?? "" });
    const done = await submitted(device, buffers, work.slice(from, from + size));
    if (E.isLeft(done)) return done;
  }
  return E.right(undefined);
};

const submitted = async (
  device: Device,
  buffers: readonly Allocation[],
  work: readonly Work[],
): Promise<Result<void>> => {
  const steps: Step[] = [];
  for (const { step: s, sizes } of work) {
    const bound = [...s.reads, s.write].map((b) => buffers[b] as Allocation);
    const step = await prepareStep(device, s.kernel, bound, sizes)();
    if (E.isLeft(step)) return step;
    steps.push(step.right);
  }
  const done = await submit(device, steps)();
  // Nothing is ahead of the device: progress is what has been computed, and an abort stops within one batch.
  await Promise.race([device.gpu.queue.onSubmittedWorkDone(), device.lost]);
  for (const s of steps) releaseStep(device, s);
  return done;
};

const outputs = (device: Device, plan: Plan, buffers: readonly Allocation[], sizes: Sizes): Faulty<Tensors> =>
  pipe(
    Object.entries(plan.outputs),
    TE.traverseSeqArray(([name, { buffer, shape }]) => {
      const numbers = shapeOfSizes(shape, sizes);
      const elements = numbers.reduce((a, b) => a * b, 1);
      const { dtype } = plan.buffers[buffer] as PlanBuffer;
      return pipe(
        download(
          device,
          buffers[buffer] as Allocation,
          Math.ceil((elements * (dtype === "bf16" || dtype === "f16" ? 2 : 4)) / 4) * 4,
        ),
        TE.map((bytes) => [name, tensor(dtype, numbers, typed(dtype, bytes, elements))] as const),
      );
    }),
    TE.map((entries) => Object.fromEntries(entries)),
  );

const typed = (dtype: PlanBuffer["dtype"], bytes: ArrayBuffer, elements: number): Tensor["data"] => {
  if (dtype === "f32") return new Float32Array(bytes, 0, elements);
  return dtype === "i32" ? new Int32Array(bytes, 0, elements) : new Uint16Array(bytes, 0, elements);
};
