// How much memory does a run take beside what was there before? On WebGPU the bytes of all buffers, as the backend counts them; on a
// backend of this process its resident memory, as the system counts it.
import { readFileSync, writeFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Backend } from "@depass/graph";
import type { WebGpuBackend } from "@depass/kernels";
import { forgetPeak, peakBytes, usedBytes } from "../../../kernels/src/buffer.ts";
import { peakResident } from "../peer/resident.ts";

export type Held = {
  /** What a run adds to what is there before it. */
  readonly run: number;
  /** The most that there ever was. */
  readonly most: number;
};

const isGpu = (backend: Backend): backend is WebGpuBackend => "gpu" in backend;

const KiB = 1024;
const FORGET_PEAK = "5"; // proc(5): VmHWM becomes VmRSS

const resident = (): number =>
  KiB * Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);

/** Garbage of before is not to be counted, nor to make room. */
const collect = (): void => {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
};

const ofProcess = async (run: () => Promise<void>): Promise<Held> => {
  if (process.platform !== "linux") {
    await run();
    return { run: Number.NaN, most: peakResident() };
  }
  collect();
  const most = peakResident();
  const before = resident();
  writeFileSync("/proc/self/clear_refs", FORGET_PEAK);
  await run();
  return { run: peakResident() - before, most: Math.max(most, peakResident()) };
};

const ofDevice = async ({ gpu }: WebGpuBackend, run: () => Promise<void>): Promise<Held> => {
  const before = usedBytes(gpu);
  forgetPeak(gpu);
  await run();
  return { run: peakBytes(gpu) - before, most: peakBytes(gpu) };
};

/** Bytes; NaN where the system does not tell. */
export const held = (backend: Backend, run: () => Promise<void>): Promise<Held> =>
  isGpu(backend) ? ofDevice(backend, run) : ofProcess(run);
