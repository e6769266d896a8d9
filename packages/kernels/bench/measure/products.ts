// How long do matrix products take on their own, with the tile a device gets by default? The yardstick for whole models.
import { dim, type Fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { type Allocation, allocate, release, upload } from "../../src/buffer.ts";
import type { Device } from "../../src/device.ts";
import { prepare, releaseStep, submit } from "../../src/pipeline.ts";
import { defaultTile, type Product, tiledProduct } from "../../src/wgsl/matmul.ts";

import { medianOf, since, type Times } from "./clock.ts";

type Size = { readonly rows: number; readonly inner: number; readonly columns: number };

/** At most this long per size, but three runs. */
const patience = 300; // ms

const timed = async (device: Device, run: () => Promise<unknown>): Promise<Times> => {
  const times: Times[] = [];
  for (const end = performance.now() + patience; times.length < 3 || (performance.now() < end && times.length < 50); ) {
    const elapsed = since();
    await run();
    await device.gpu.queue.onSubmittedWorkDone();
    times.push(elapsed());
  }
  return medianOf(times);
};

const buffersOf = async (
  device: Device,
  { rows, inner, columns }: Size,
): Promise<E.Either<readonly Fault[], readonly Allocation[]>> => {
  const made: Allocation[] = [];
  for (const [what, bytes] of [
    ["a", rows * inner * 4],
    ["b", columns * inner * 2],
    ["out", rows * columns * 4],
  ] as const) {
    const one = await allocate(device, what, bytes)();
    if (E.isLeft(one)) return one;
    if (what !== "out") await upload(device, one.right, new Uint16Array(bytes / 2).fill(0x3c00))();
    made.push(one.right);
  }
  return E.right(made);
};

/** Medians for f32 `[rows, inner]` times bf16 `[columns, inner]ᵀ`; one row is known to be one, others are symbolic. */
export const productTime = async (device: Device, size: Size): Promise<E.Either<readonly Fault[], Times>> => {
  const { rows, inner, columns } = size;
  const product: Product = { rows: rows === 1 ? 1 : dim("R"), inner, columns, left: "f32", weights: "bf16" };
  const kernel = tiledProduct("product", product, defaultTile(product, device));
  const buffers = await buffersOf(device, size);
  if (E.isLeft(buffers)) return buffers;
  const step = await prepare(device, kernel, buffers.right, { R: rows })();
  if (E.isLeft(step)) return step;
  const run = () => submit(device, [step.right])();
  await run();
  const time = await timed(device, run);
  releaseStep(device, step.right);
  for (const b of buffers.right) release(device, b);
  return E.right(time);
};
