// Tensors that stay on a device between runs: which buffers a run reads in place, and what becomes of its outputs.
import {
  type BlockFormat,
  type Fault,
  type Faulty,
  internal,
  newShelf,
  type Residents,
  type Shelf,
  type Sizes,
  shapeOfSizes,
  sizeOf,
  type Tensor,
  tensor,
} from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { isBlocks } from "./blocks.ts";
import { type Allocation, allocate, download, release, scoped } from "./buffer.ts";
import type { Device } from "./device.ts";
import type { Plan, PlanBuffer } from "./plan.ts";

/** A tensor in a buffer, which may have room for more. */
export type Placed = {
  readonly dtype: Exclude<PlanBuffer["dtype"], BlockFormat>;
  readonly shape: readonly number[];
  readonly at: Allocation;
};

const wholeWords = (bytes: number): number => Math.ceil(bytes / 4) * 4;

const bytesOf = ({ dtype, shape }: Omit<Placed, "at">): number =>
  wholeWords(sizeOf(shape) * (dtype === "bf16" || dtype === "f16" ? 2 : 4));

const typed = (dtype: Placed["dtype"], bytes: ArrayBuffer, elements: number): Tensor["data"] => {
  if (dtype === "f32") return new Float32Array(bytes, 0, elements);
  return dtype === "i32" ? new Int32Array(bytes, 0, elements) : new Uint16Array(bytes, 0, elements);
};

/** A copy on the host. */
export const fetched = (device: Device, placed: Placed): Faulty<Tensor> =>
  pipe(
    download(device, placed.at, bytesOf(placed)),
    TE.map((bytes) => tensor(placed.dtype, placed.shape, typed(placed.dtype, bytes, sizeOf(placed.shape)))),
  );

const shelves = new WeakMap<GPUDevice, Shelf<Placed>>();

/** What stays on a device. */
export const shelfOf = (device: Device): Shelf<Placed> => {
  const shelf = shelves.get(device.gpu) ?? newShelf<Placed>((placed) => fetched(device, placed));
  shelves.set(device.gpu, shelf);
  return shelf;
};

/** Where each output of a run lies. */
export const outputsOf = (plan: Plan, buffers: readonly Allocation[], sizes: Sizes): Readonly<Record<string, Placed>> =>
  Object.fromEntries(
    Object.entries(plan.outputs).map(([name, { buffer, shape }]) => {
      const { dtype } = plan.buffers[buffer] as PlanBuffer;
      if (isBlocks(dtype)) return internal(`output ${name} in blocks`);
      return [name, { dtype, shape: shapeOfSizes(shape, sizes), at: buffers[buffer] as Allocation }];
    }),
  );

/** Into a buffer of its own. */
const copied = (device: Device, name: string, from: Placed): Faulty<Placed> =>
  pipe(
    allocate(device, `output ${name}`, bytesOf(from)),
    TE.chain((at) =>
      pipe(
        (): Promise<E.Either<readonly Fault[], void>> =>
          scoped(device, `copy of ${name}`, () => {
            const encoder = device.gpu.createCommandEncoder();
            encoder.copyBufferToBuffer(from.at.gpu, 0, at.gpu, 0, bytesOf(from));
            device.gpu.queue.submit([encoder.finish()]);
          }),
        TE.bimap(
          (faults) => {
            release(device, at);
            return faults;
          },
          (): Placed => ({ ...from, at }),
        ),
      ),
    ),
  );

/**
 * The outputs as residents. Each has a buffer to itself: that of the run, which is taken out of `own`, or a copy, where the
 * buffer is a weight's, an input's that stays with another handle, or another output's as well.
 */
export const keptOutputs =
  (device: Device, outputs: Readonly<Record<string, Placed>>, own: Set<Allocation>): Faulty<Residents> =>
  async () => {
    const kept: (readonly [string, Placed])[] = [];
    for (const [name, placed] of Object.entries(outputs)) {
      const made = own.delete(placed.at) ? E.right(placed) : await copied(device, name, placed)();
      if (E.isLeft(made)) {
        for (const [, { at }] of kept) release(device, at);
        return made;
      }
      kept.push([name, made.right]);
    }
    const shelf = shelfOf(device);
    return E.right(
      Object.fromEntries(kept.map(([name, p]) => [name, shelf.put(p, p, () => release(device, p.at))] as const)),
    );
  };
