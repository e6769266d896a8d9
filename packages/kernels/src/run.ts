// A plan on a device: weights go there once where they fit, then any number of runs. Each run binds sizes, refuses what cannot
// fit, uploads its inputs, has the steps computed and gives the outputs, as copies or where they are.

import {
  bindSizes,
  checkIndexes,
  checkSizes,
  disposedRunner,
  evaluateClosed,
  type Fault,
  type Faulty,
  type Graph,
  prune,
  type Runner,
  type RunOptions,
  type Sizes,
  type Tensor,
  type Tensors,
  toF64,
  type Values,
  type Weights,
} from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type Allocation, allocate, type Bytes, release, upload, usedBytes } from "./buffer.ts";
import type { Device } from "./device.ts";
import { arrangedFor, largestBuffer, type PrepareOptions, planFor, showSizes, tooBig } from "./device-plan.ts";
import { dispatched } from "./dispatch.ts";
import { type Held, newHeld } from "./held.ts";
import { type Fit, fitRun, type Layout, weightBytes } from "./memory-plan.ts";
import { pipelineFor } from "./pipeline.ts";
import type { Plan, PlanBuffer } from "./plan.ts";
import { fetched, keptOutputs, outputsOf, type Placed, shelfOf } from "./residents.ts";
import { leastWeights, type Stage, stagesOf } from "./stages.ts";

type Result<A> = E.Either<readonly Fault[], A>;

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
    TE.fromEither(arrangedFor(graph, weights)),
    TE.bindTo("arranged"),
    TE.bind("plan", ({ arranged }) => TE.fromEither(planFor(device, arranged, options))),
    TE.chainFirst(({ plan }) => compile(device, plan)),
    TE.map(
      ({ plan, arranged }): Ready => ({
        device,
        plan,
        held: newHeld(device, plan, arranged.weights),
        least: leastWeights(plan),
      }),
    ),
    TE.chainFirst((ready) => uploadWeights(ready, options)),
    TE.map(
      (ready): Runner => ({
        run: (inputs, runOptions = {}) => runPlan(ready, inputs, runOptions, fetchedOutputs(device)),
        runResident: (inputs, runOptions = {}) =>
          runPlan(ready, inputs, runOptions, (outputs, own) => keptOutputs(device, outputs, own)),
        dispose: ready.held.dispose,
      }),
    ),
  );

/** All that a runner has at hand. */
type Ready = {
  readonly device: Device;
  readonly plan: Plan;
  readonly held: Held;
  /** Bytes of weights that some steps need at once. */
  readonly least: number;
};

const compile = (device: Device, plan: Plan): Faulty<unknown> => {
  const kernels = [...new Map(plan.steps.map((s) => [s.kernel.wgsl, s.kernel])).values()];
  return TE.traverseArray((k: (typeof kernels)[number]) => pipelineFor(device, k))(kernels);
};

const weightNumbers = ({ buffers }: Plan): readonly number[] =>
  buffers.flatMap((b, i) => (b.kind === "weight" ? [i] : []));

/** All weights, where there is room for them; else none. */
const uploadWeights =
  ({ device, plan, held, least }: Ready, options: RunOptions): Faulty<void> =>
  async () => {
    const free = freeBytes(device, held);
    if (least > free) return E.left([tooBig(device, "the weights", least, free)]);
    const moved = weightBytes(plan) > free ? E.right(undefined) : await held.load(weightNumbers(plan), options)();
    if (E.isLeft(moved)) held.dispose();
    return moved;
  };

/** What weights and a run of this graph may take together. */
const freeBytes = (device: Device, held: Held): number => device.budgetBytes - usedBytes(device) + held.bytes();

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

const runPlan = <A>(ready: Ready, inputs: Values, options: RunOptions, ending: Ending<A>): Faulty<A> =>
  shelfOf(ready.device).lend(inputs, async (tensors, lent) => {
    const { device, plan, held } = ready;
    const landed = await landedInputs(device, plan, lent)();
    if (E.isLeft(landed)) return landed;
    const own = { ...tensors, ...landed.right };
    const placed = new Map(
      plan.buffers.flatMap((b, i) => {
        const found = b.kind === "input" && !Object.hasOwn(own, b.name) ? lent[b.name] : undefined;
        return found === undefined ? [] : [[i, found.at] as const];
      }),
    );
    const given = { values: { ...inputs, ...landed.right }, tensors: own, placed };
    return held.inTurn(() => runPlaced(ready, given, options, ending))();
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

/** What a run is given: all of it, what comes from the host, and by the numbers of the plan's buffers what is read in place. */
type Given = {
  readonly values: Values;
  readonly tensors: Tensors;
  readonly placed: ReadonlyMap<number, Allocation>;
};

const runPlaced = async <A>(
  ready: Ready,
  { values, tensors, placed }: Given,
  options: RunOptions,
  ending: Ending<A>,
): Promise<Result<A>> => {
  const { device, plan, held } = ready;
  if (!held.isOpen()) return E.left(disposedRunner);
  const sizes = boundSizes(plan, values, tensors);
  if (E.isLeft(sizes)) return sizes;
  const fit = fitFor(ready, sizes.right, new Set(placed.keys()));
  if (E.isLeft(fit)) return fit;
  const { layout, streams } = fit.right;
  const stages = stagesFor(plan, held, fit.right);
  held.evict(stages[0]?.evict ?? []);
  const slots = await allocateSlots(device, layout);
  if (E.isLeft(slots)) return slots;
  const own = new Set(slots.right);
  const slotOf = (b: number): Allocation => slots.right[layout.slotOf[b] as number] as Allocation;
  const buffers = () => plan.buffers.map((_, b) => held.there.get(b) ?? placed.get(b) ?? slotOf(b));
  const result = await pipe(
    feed(device, plan, buffers(), tensors, sizes.right),
    TE.chain(() => dispatched({ device, plan, held, stages, sizes: sizes.right, layout, buffers }, options)),
    TE.chainFirst(() => TE.fromEither(strayFaults(device))),
    TE.chain((last) => ending(outputsOf(plan, last, sizes.right), own)),
  )();
  for (const slot of own) release(device, slot);
  if (streams) held.evict([...held.there.keys()]);
  return result;
};

/** How a run fits beside what else is on the device; `elsewhere` are buffers of the plan that are part of that. */
const fitFor = ({ device, plan, held, least }: Ready, sizes: Sizes, elsewhere: ReadonlySet<number>): Result<Fit> => {
  const free = freeBytes(device, held);
  const fit = fitRun(plan, sizes, { bytes: free, buffer: largestBuffer(device), elsewhere }, least);
  return fit.fits || fit.bytes <= free
    ? E.right(fit)
    : E.left([tooBig(device, `a run with ${showSizes(sizes)}`, fit.bytes, free)]);
};

/** Where weights stay, one stage, before which those come that are not there. */
const stagesFor = (plan: Plan, { there }: Held, { streams, room }: Fit): readonly Stage[] =>
  streams
    ? stagesOf(plan, there.keys(), room)
    : [{ from: 0, to: plan.steps.length, evict: [], load: weightNumbers(plan).filter((b) => !there.has(b)) }];

/** Errors that no error scope caught. */
const strayFaults = (device: Device): Result<void> => {
  const stray = device.takeFaults();
  return stray.length > 0 ? E.left(stray) : E.right(undefined);
};

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
