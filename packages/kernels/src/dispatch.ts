// The steps of a run, handed to the device in batches, stage after stage. Before a stage its weights come and others leave;
// between batches the clock is told and an abort is heard.
import { disposedRunner, type Fault, type Faulty, type RunOptions, type Sizes } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import type { Allocation } from "./buffer.ts";
import type { Device } from "./device.ts";
import { aborted, type Held } from "./held.ts";
import { batchSteps, type Layout, tilesOf } from "./memory-plan.ts";
import { prepare as prepareStep, releaseStep, type Step, submit } from "./pipeline.ts";
import type { Plan, PlanStep } from "./plan.ts";
import type { Stage } from "./stages.ts";

/** One dispatch: a step, with the sizes of the run and of its tile. */
type Work = { readonly step: PlanStep; readonly sizes: Sizes };

/** A stage's steps in order; those of a region once for each of its tiles. */
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

export type Stages = {
  readonly device: Device;
  readonly plan: Plan;
  readonly held: Held;
  readonly stages: readonly Stage[];
  readonly sizes: Sizes;
  readonly layout: Layout;
  /** Where the plan's buffers are now. */
  readonly buffers: () => readonly Allocation[];
};

/** Runs all steps; gives the buffers of the last stage. Faults: those of reading weights, an abort, a runner disposed of. */
export const dispatched =
  (s: Stages, { signal, progress }: RunOptions): Faulty<readonly Allocation[]> =>
  async () => {
    const works = s.stages.map((stage) => unrolled(s.plan, s.sizes, s.layout, stage));
    const total = works.reduce((sum, w) => sum + w.length, 0);
    let [buffers, before] = [s.buffers(), 0];
    for (const [i, { evict, load }] of s.stages.entries()) {
      s.held.evict(evict);
      const loaded = await s.held.load(load, signal === undefined ? {} : { signal })();
      if (E.isLeft(loaded)) return loaded;
      buffers = s.buffers();
      const work = works[i] as readonly Work[];
      const tell = (done: number, what: string): void => progress?.({ done: before + done, total, what });
      const ran = await computed(s, buffers, work, tell, signal);
      if (E.isLeft(ran)) return ran;
      before += work.length;
    }
    return E.right(buffers);
  };

const computed = async (
  { device, held }: Stages,
  buffers: readonly Allocation[],
  work: readonly Work[],
  tell: (done: number, what: string) => void,
  signal: RunOptions["signal"],
): Promise<E.Either<readonly Fault[], void>> => {
  const size = batchSteps[device.kind];
  for (let from = 0; from < work.length; from += size) {
    if (signal?.aborted) return E.left([aborted()]);
    if (!held.isOpen()) return E.left(disposedRunner);
    tell(from, work[from]?.step.name ?? "");
    const done = await submitted(device, buffers, work.slice(from, from + size));
    if (E.isLeft(done)) return done;
  }
  return E.right(undefined);
};

/** Nothing is ahead of the device: progress is what was computed, an abort stops within one batch, weights can leave. */
const submitted = async (
  device: Device,
  buffers: readonly Allocation[],
  work: readonly Work[],
): Promise<E.Either<readonly Fault[], void>> => {
  const steps: Step[] = [];
  for (const { step: s, sizes } of work) {
    const bound = [...s.reads, s.write].map((b) => buffers[b] as Allocation);
    const step = await prepareStep(device, s.kernel, bound, sizes)();
    if (E.isLeft(step)) return step;
    steps.push(step.right);
  }
  const done = await submit(device, steps)();
  await Promise.race([device.gpu.queue.onSubmittedWorkDone(), device.lost]);
  for (const s of steps) releaseStep(device, s);
  return done;
};
