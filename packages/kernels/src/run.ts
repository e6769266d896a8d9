// A plan on a device: weights go there once, then any number of runs. Each run binds sizes, refuses what cannot fit, uploads
// its inputs, submits the steps in batches (looking at the clock and the abort signal between them) and reads the outputs.

import {
  type Arranged,
  arrange,
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
  showShape,
  type Tensor,
  type Tensors,
  toF64,
  type Values,
  valueOf,
  type Weights,
} from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type Allocation, allocate, type Bytes, release, upload, usedBytes } from "./buffer.ts";
import type { Device } from "./device.ts";
import type { Lowerings } from "./lower.ts";
import { batchSteps, fitLayout, type Layout, planBytes, tilesOf, weightBytes } from "./memory-plan.ts";
import { pipelineFor, prepare as prepareStep, releaseStep, type Step, submit } from "./pipeline.ts";
import { elementsOf, type Plan, type PlanBuffer, type PlanStep, plan as planGraph } from "./plan.ts";
import { fetched, keptOutputs, outputsOf, type Placed, shelfOf } from "./residents.ts";
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
    TE.fromEither(arrangedFor(graph, weights)),
    TE.bindTo("arranged"),
    TE.bind("plan", ({ arranged }) => TE.fromEither(planFor(device, arranged, options))),
    TE.chainFirst(({ plan }) => compile(device, plan)),
    TE.bind("held", ({ plan, arranged }) => uploadWeights(device, plan, arranged.weights, options)),
    TE.map(
      ({ plan, held }): Runner => ({
        run: (inputs, runOptions = {}) => runPlan(device, plan, held, inputs, runOptions, fetchedOutputs(device)),
        runResident: (inputs, runOptions = {}) =>
          runPlan(device, plan, held, inputs, runOptions, (outputs, own) => keptOutputs(device, outputs, own)),
        dispose: () => {
          for (const a of held.values()) release(device, a);
          held.clear();
        },
      }),
    ),
  );

const arrangedFor = (graph: Graph, weights: Weights): Result<Arranged> => {
  const faults = checkWeights(graph, weights);
  return faults.length > 0 ? E.left(faults) : arrange(graph, weights);
};

const planFor = (device: Device, { graph, weights }: Arranged, options: PrepareOptions): Result<Plan> => {
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

type Outputs = Readonly<Record<string, Placed>>;

/** What becomes of the outputs, before the run's `own` buffers are released; it takes out of them what is to stay. */
type Ending<A> = (outputs: Outputs, own: Set<Allocation>) => Faulty<A>;

const fetchedOutputs =
  (device: Device): Ending<Tensors> =>
  (outputs) =>
    pipe(
      Object.entries(outputs),
      TE.traverseSeqArray(([name, placed]) => TE.map((t: Tensor) => [name, t] as const)(fetched(device, placed))),
      TE.map((entries) => Object.fromEntries(entries)),
    );

const runPlan = <A>(
  device: Device,
  plan: Plan,
  held: Held,
  inputs: Values,
  options: RunOptions,
  ending: Ending<A>,
): Faulty<A> =>
  shelfOf(device).lend(inputs, async (tensors, lent) => {
    const landed = await landedInputs(device, plan, lent)();
    if (E.isLeft(landed)) return landed;
    const own = { ...tensors, ...landed.right };
    const placed = new Map(
      plan.buffers.flatMap((b, i) => {
        const found = b.kind === "input" && !Object.hasOwn(own, b.name) ? lent[b.name] : undefined;
        return found === undefined ? [] : [[i, found.at] as const];
      }),
    );
    return runPlaced(device, plan, new Map([...held, ...placed]), { ...inputs, ...landed.right }, own, options, ending);
  });

/**
 * Residents that cannot be read in place: of another type than the input's, or ids, which are looked at before anything
 * runs. They come to the host and go the way of other inputs.
 */
const landedInputs = (device: Device, plan: Plan, lent: Readonly<Record<string, Placed>>): Faulty<Tensors> =>
  fetchedOutputs(device)(
    Object.fromEntries(
      Object.entries(lent).filter(
        ([name, { dtype }]) =>
          plan.bounds.some(({ input }) => input === name) ||
          plan.buffers.some((b) => b.kind === "input" && b.name === name && b.dtype !== dtype),
      ),
    ),
    new Set(),
  );

/** `there` are the buffers that were on the device before: weights, and inputs that are read in place. */
const runPlaced = async <A>(
  device: Device,
  plan: Plan,
  there: ReadonlyMap<number, Allocation>,
  inputs: Values,
  tensors: Tensors,
  options: RunOptions,
  ending: Ending<A>,
): Promise<Result<A>> => {
  if (plan.buffers.some((b, i) => b.kind === "weight" && !there.has(i))) return E.left(disposedRunner);
  const sizes = boundSizes(plan, inputs, tensors);
  if (E.isLeft(sizes)) return sizes;
  const free = device.budgetBytes - usedBytes(device);
  const limits = { bytes: free, buffer: largestBuffer(device), elsewhere: new Set(there.keys()) };
  const { layout, fits } = fitLayout(plan, sizes.right, limits);
  const { run } = planBytes(plan, sizes.right, layout);
  if (!fits && run > free) return E.left([tooBig(device, `a run with ${showSizes(sizes.right)}`, run, free)]);
  const slots = await allocateSlots(device, layout);
  if (E.isLeft(slots)) return slots;
  const buffers = plan.buffers.map((_, i) => there.get(i) ?? (slots.right[layout.slotOf[i] as number] as Allocation));
  const own = new Set(slots.right);
  const result = await pipe(
    feed(device, plan, buffers, tensors, sizes.right),
    TE.chain(() => computed(device, buffers, unrolled(plan, sizes.right, layout), options)),
    TE.chain(() => TE.fromEither(strayFaults(device))),
    TE.chain(() => ending(outputsOf(plan, buffers, sizes.right), own)),
  )();
  for (const slot of own) release(device, slot);
  return result;
};

/** Errors that no error scope caught. */
const strayFaults = (device: Device): Result<void> => {
  const stray = device.takeFaults();
  return stray.length > 0 ? E.left(stray) : E.right(undefined);
};

const largestBuffer = ({ limits }: Device): number =>
  Math.min(limits.maxBufferSize ?? 0, limits.maxStorageBufferBindingSize ?? 0);

const showSizes = (sizes: Sizes): string =>
  Object.entries(sizes)
    .map(([symbol, value]) => `${symbol} = ${value}`)
    .join(", ");

/** Sizes from the inputs alone: weights were checked when they were uploaded. Ids are among the `tensors`. */
const boundSizes = (plan: Plan, inputs: Values, tensors: Tensors): Result<Sizes> => {
  const leaves = Object.fromEntries(
    plan.buffers.flatMap((b, i) => (b.kind === "input" ? [[`${i}`, b.expr] as const] : [])),
  );
  return pipe(
    bindSizes(prune(Object.keys(leaves))(leaves), inputs),
    E.chain((sizes) => {
      const faults = [...checkSizes(plan.sizes, sizes), ...checkIndexes(plan.bounds, tensors, sizes)];
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

const fedValue = (b: PlanBuffer, tensors: Tensors, sizes: Sizes): Tensor | undefined => {
  if (b.kind === "closed") return evaluateClosed(b.expr, sizes);
  return b.kind === "input" ? tensors[b.name] : undefined;
};

/** Inputs from the host as given; closed values from the f64 evaluator, rounded once. */
const feed =
  (device: Device, plan: Plan, buffers: readonly Allocation[], tensors: Tensors, sizes: Sizes): Faulty<void> =>
  async () => {
    for (const [i, b] of plan.buffers.entries()) {
      const value = fedValue(b, tensors, sizes);
      if (value === undefined) continue;
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
