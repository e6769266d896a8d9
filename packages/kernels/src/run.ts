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
  showShape,
  type Tensor,
  type Tensors,
  tensor,
  toF64,
  valueOf,
  type Weights,
} from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type Allocation, allocate, type Bytes, download, release, upload, usedBytes } from "./buffer.ts";
import type { Device } from "./device.ts";
import type { Lowerings } from "./lower.ts";
import { batchSteps, fitLayout, type Layout, planBytes, tilesOf, weightBytes } from "./memory-plan.ts";
import { pipelineFor, prepare as prepareStep, releaseStep, type Step, submit } from "./pipeline.ts";
import { elementsOf, type Plan, type PlanBuffer, type PlanStep, plan as planGraph } from "./plan.ts";
import { showBytes } from "./show-plan.ts";

type Result<A> = E.Either<readonly Fault[], A>;

export type PrepareOptions = RunOptions & { readonly lowerings?: Lowerings };

/** Plans a graph, compiles its kernels and uploads its weights in their stored type. */
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
    TE.bind("held", ({ plan }) => uploadWeights(device, plan, weights, options)),
    TE.map(
      ({ plan, held }): Runner => ({
        run:
          (inputs, runOptions = {}) =>
          () =>
            runPlan(device, plan, held, inputs, runOptions),
        dispose: () => {
          for (const a of held.values()) release(device, a);
          held.clear();
        },
      }),
    ),
  );

const planFor = (device: Device, graph: Graph, weights: Weights, options: PrepareOptions): Result<Plan> => {
  const faults = checkWeights(graph, weights);
  if (faults.length > 0) return E.left(faults);
  const dtypeOf = (name: string) => storedType(weights.describe(name)?.dtype ?? "f32");
  return planGraph(graph, { target: device, dtypeOf, ...(options.lowerings ? { lowerings: options.lowerings } : {}) });
};

/** Kernels multiply floats of at most 32 bits: other weights become f32 on the way. */
const storedType = (dtype: Tensor["dtype"]): "f32" | "f16" | "bf16" =>
  dtype === "f64" || dtype === "i32" ? "f32" : dtype;

const compile = (device: Device, plan: Plan): Faulty<unknown> => {
  const kernels = [...new Map(plan.steps.map((s) => [s.kernel.wgsl, s.kernel])).values()];
  return TE.traverseArray((k: (typeof kernels)[number]) => pipelineFor(device, k))(kernels);
};

type Held = Map<number, Allocation>;

const uploadWeights =
  (device: Device, plan: Plan, weights: Weights, options: RunOptions): Faulty<Held> =>
  async () => {
    const wanted = plan.buffers.flatMap((b, i) => (b.kind === "weight" ? [{ b, i }] : []));
    const bytes = weightBytes(plan);
    const free = device.budgetBytes - usedBytes(device);
    if (bytes > free) return E.left([tooBig(device, "the weights", bytes, free)]);
    const held = new Map<number, Allocation>();
    for (const [done, { b, i }] of wanted.entries()) {
      options.progress?.({ done, total: wanted.length, what: "reading weights" });
      const moved = options.signal?.aborted ? E.left([aborted()]) : await uploadWeight(device, b, weights)();
      if (E.isLeft(moved)) {
        for (const a of held.values()) release(device, a);
        return moved;
      }
      held.set(i, moved.right);
    }
    return E.right(held);
  };

const uploadWeight = (device: Device, b: PlanBuffer, weights: Weights): Faulty<Allocation> =>
  pipe(
    weights.read(b.name),
    TE.filterOrElse(
      (t) => storedType(t.dtype) === b.dtype && t.data.length === valueOf(elementsOf(b), {}),
      (t): readonly Fault[] => [
        fault(
          "dtype",
          `weight ${b.name}`,
          `${showShape(b.shape)} in ${b.dtype}, as described`,
          `${t.data.length} ${t.dtype}`,
        ),
      ],
    ),
    TE.chain((t) => filled(device, `weight ${b.name}`, asStored(t))),
  );

const asStored = ({ dtype, data }: Tensor): Float32Array | Uint16Array =>
  dtype === "f64" || dtype === "i32" ? Float32Array.from(data) : (data as Float32Array | Uint16Array);

const filled = (device: Device, what: string, data: Float32Array | Uint16Array): Faulty<Allocation> =>
  pipe(
    allocate(device, what, data.byteLength),
    TE.chain((a) =>
      pipe(
        upload(device, a, data as ArrayBufferView<ArrayBuffer>),
        TE.bimap(
          (faults) => {
            release(device, a);
            return faults;
          },
          () => a,
        ),
      ),
    ),
  );

const aborted = (): Fault => fault("aborted", "run", "to finish", "an abort signal");

const tooBig = (device: Device, what: string, bytes: number, free: number): Fault =>
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
  if (plan.buffers.some((b, i) => b.kind === "weight" && !held.has(i))) return E.left(disposedRunner);
  const sizes = boundSizes(plan, inputs);
  if (E.isLeft(sizes)) return sizes;
  const free = device.budgetBytes - usedBytes(device);
  const { layout, fits } = fitLayout(plan, sizes.right, { bytes: free, buffer: largestBuffer(device) });
  const { run } = planBytes(plan, sizes.right, layout);
  if (!fits && run > free) return E.left([tooBig(device, `a run with ${showSizes(sizes.right)}`, run, free)]);
  const slots = await allocateSlots(device, layout);
  if (E.isLeft(slots)) return slots;
  const buffers = plan.buffers.map((_, i) => held.get(i) ?? (slots.right[layout.slotOf[i] as number] as Allocation));
  const result = await pipe(
    feed(device, plan, buffers, inputs, sizes.right),
    TE.chain(() => computed(device, buffers, unrolled(plan, sizes.right, layout), options)),
    TE.chain(() => outputs(device, plan, buffers, sizes.right)),
  )();
  for (const slot of slots.right) release(device, slot);
  const stray = device.takeFaults();
  return stray.length > 0 && E.isRight(result) ? E.left(stray) : result;
};

const largestBuffer = ({ limits }: Device): number =>
  Math.min(limits.maxBufferSize ?? 0, limits.maxStorageBufferBindingSize ?? 0);

const showSizes = (sizes: Sizes): string =>
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
      const data = asFed(value, b.dtype);
      const sent = await upload(device, buffers[i] as Allocation, data)();
      if (E.isLeft(sent)) return sent;
    }
    return E.right(undefined);
  };

const asFed = (value: Tensor, dtype: PlanBuffer["dtype"]): Bytes => {
  if (dtype === "i32") return Int32Array.from(toF64(value));
  return value.data instanceof Float32Array
    ? (value.data as Float32Array<ArrayBuffer>)
    : Float32Array.from(toF64(value));
};

/** One dispatch: a step, with the sizes of the run and of its tile. */
type Work = { readonly step: PlanStep; readonly sizes: Sizes };

/** Steps in order; those of a region once for each of its tiles. */
const unrolled = (plan: Plan, sizes: Sizes, { tileRows }: Layout): readonly Work[] => {
  const work: Work[] = [];
  for (let from = 0; from < plan.steps.length; ) {
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

const computed =
  (device: Device, buffers: readonly Allocation[], work: readonly Work[], options: RunOptions): Faulty<void> =>
  async () => {
    const size = batchSteps[device.kind];
    for (let from = 0; from < work.length; from += size) {
      if (options.signal?.aborted) return E.left([aborted()]);
      options.progress?.({ done: from, total: work.length, what: work[from]?.step.name ?? "" });
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
