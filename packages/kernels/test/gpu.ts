// What do the tests of this package run on? Every device kind there is, under safe and under fast toggles, or a loud skip.
// `SKIP` lines are counted by the test runner; DEPASS_ADAPTER names another adapter.

import type { Fault, Sizes } from "@depass/graph";
import { showFaults } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import type * as TE from "fp-ts/lib/TaskEither.js";
import { type Allocation, allocate, type Bytes, downloadF32, release, upload } from "../src/buffer.ts";
import { type Device, openDevice, type Toggles } from "../src/device.ts";
import type { Kernel } from "../src/kernel.ts";
import { dispatch } from "../src/pipeline.ts";

/** The value, or a thrown list of faults: a test's edge. */
export const must = async <A>(effect: TE.TaskEither<readonly Fault[], A>): Promise<A> => {
  const result = await effect();
  if (E.isLeft(result)) throw new Error(showFaults(result.left));
  return result.right;
};

const named = process.env.DEPASS_ADAPTER;

const open = async (toggles: Toggles): Promise<readonly Device[]> => {
  const device = await openDevice({ toggles, ...(named === undefined ? {} : { adapter: named }) })();
  if (E.isRight(device)) return [device.right];
  console.log(`skipped: GPU tests under ${toggles} toggles: ${showFaults(device.left)}`);
  return [];
};

/** Devices to test on: safe toggles, then fast ones; empty where no adapter can be had. */
export const devices: readonly Device[] = [...(await open("safe")), ...(await open("fast"))];

export const f32Input = (n: number, value: (i: number) => number): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: n }, (_, i) => value(i));

/** Runs a kernel whose last binding is an f32 output of `length` elements. */
export const runKernel = async (
  device: Device,
  kernel: Kernel,
  inputs: readonly Bytes[],
  length: number,
  sizes: Sizes = {},
): Promise<Float32Array> => {
  const buffers: Allocation[] = [];
  for (const [i, data] of inputs.entries()) {
    const buffer = await must(allocate(device, `input ${i}`, data.byteLength));
    await must(upload(device, buffer, data));
    buffers.push(buffer);
  }
  const out = await must(allocate(device, "out", length * 4));
  await must(upload(device, out, new Float32Array(length).fill(Number.NaN)));
  await must(dispatch(device, kernel, [...buffers, out], sizes));
  const result = await must(downloadF32(device, out, length));
  for (const b of [...buffers, out]) release(device, b);
  return result;
};
