// Where does a run spend its time on the device? While a profile is taken, every step is a pass of its own between two
// timestamps (pipeline.ts asks `passesOf`), which orders the steps but leaves their kernels as they are.

import { type Fault, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import type { Device } from "./device.ts";

type Groups = readonly [number, number, number];

/** One dispatch: the kernel's name, as in a plan, its workgroups, and its nanoseconds on the device. */
export type StepTime = { readonly name: string; readonly groups: Groups; readonly nanoseconds: number };

type Dispatched = Omit<StepTime, "nanoseconds">;

/** WebGPU's limit for one query set. */
const queries = 4096;

/** GPUBufferUsage, as plain numbers: Node has no such global. */
const MAP_READ = 0x1;
const COPY_SRC = 0x4;
const COPY_DST = 0x8;
const QUERY_RESOLVE = 0x200;

type Watch = { readonly steps: Dispatched[]; readonly sets: GPUQuerySet[] };

const watches = new WeakMap<GPUDevice, Watch>();

/** How a step's pass begins while a profile is taken; undefined else: then all steps share one pass. */
export const passOf = ({ gpu }: Device): ((step: Dispatched) => GPUComputePassDescriptor) | undefined => {
  const watch = watches.get(gpu);
  if (watch === undefined) return undefined;
  return ({ name, groups }) => {
    const at = (2 * watch.steps.length) % queries;
    if (at === 0) watch.sets.push(gpu.createQuerySet({ type: "timestamp", count: queries }));
    watch.steps.push({ name, groups });
    const querySet = watch.sets.at(-1) as GPUQuerySet;
    return { timestampWrites: { querySet, beginningOfPassWriteIndex: at, endOfPassWriteIndex: at + 1 } };
  };
};

const read = async (gpu: GPUDevice, set: GPUQuerySet): Promise<BigUint64Array> => {
  const size = 8 * queries;
  const resolved = gpu.createBuffer({ size, usage: QUERY_RESOLVE | COPY_SRC });
  const staging = gpu.createBuffer({ size, usage: MAP_READ | COPY_DST });
  const encoder = gpu.createCommandEncoder();
  encoder.resolveQuerySet(set, 0, queries, resolved, 0);
  encoder.copyBufferToBuffer(resolved, 0, staging, 0, size);
  gpu.queue.submit([encoder.finish()]);
  await staging.mapAsync(MAP_READ);
  const times = new BigUint64Array(staging.getMappedRange().slice(0));
  for (const b of [staging, resolved, set]) b.destroy();
  return times;
};

/**
 * Does `work` on a device and tells the time of every step it submitted, in order. Faults: a device without timestamps.
 *
 *   const taken = await profiled(gpu, () => runner.run(inputs)())   // Either<…, { result, steps }>
 */
export const profiled = async <A>(
  device: Device,
  work: () => Promise<A>,
): Promise<E.Either<readonly Fault[], { readonly result: A; readonly steps: readonly StepTime[] }>> => {
  const { gpu, features, name } = device;
  if (!features.includes("timestamp-query"))
    return E.left([fault("no-profile", "profile", "a device with timestamp-query", name)]);
  const watch: Watch = { steps: [], sets: [] };
  watches.set(gpu, watch);
  try {
    const result = await work();
    const times = await Promise.all(watch.sets.map((set) => read(gpu, set)));
    const at = (i: number): bigint => times[Math.floor(i / queries)]?.[i % queries] ?? 0n;
    return E.right({
      result,
      steps: watch.steps.map((step, i) => ({ ...step, nanoseconds: Number(at(2 * i + 1) - at(2 * i)) })),
    });
  } finally {
    watches.delete(gpu);
  }
};
