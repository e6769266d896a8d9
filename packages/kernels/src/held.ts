// The weights of a prepared graph on its device, in their stored type. All of them stay between runs where they fit; else a
// run brings what its steps need, stage after stage (stages.ts), and leaves nothing behind.
import {
  type BlockFormat,
  disposedRunner,
  type Fault,
  type Faulty,
  fault,
  type RunOptions,
  showShape,
  type Tensor,
  valueOf,
  type Weights,
} from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { grouped, isBlocks } from "./blocks.ts";
import { type Allocation, allocate, release, upload } from "./buffer.ts";
import type { Device } from "./device.ts";
import { elementsOf, type Plan, type PlanBuffer } from "./plan.ts";

export type Held = {
  /** By the numbers of the plan's buffers. */
  readonly there: ReadonlyMap<number, Allocation>;
  readonly bytes: () => number;
  readonly isOpen: () => boolean;
  /** Reads and uploads. Faults: those of reading, another tensor than was described, no room, an abort, a runner disposed of. */
  readonly load: (buffers: readonly number[], options?: RunOptions) => Faulty<void>;
  readonly evict: (buffers: Iterable<number>) => void;
  /** One user after the other: what one needs another would send away. */
  readonly inTurn: <A>(use: Faulty<A>) => Faulty<A>;
  readonly dispose: () => void;
};

/** Kernels multiply floats of at most 32 bits: other weights become f32 on the way. */
const floatType = (dtype: Tensor["dtype"]): "f32" | "f16" | "bf16" =>
  dtype === "f64" || dtype === "i32" ? "f32" : dtype;

/** In what type each weight can be held: in blocks where it is to be had so. */
export const storedTypes =
  (weights: Weights) =>
  (name: string): "f32" | "f16" | "bf16" | BlockFormat =>
    weights.blocks?.(name)?.format ?? floatType(weights.describe(name)?.dtype ?? "f32");

const asStored = ({ dtype, data }: Tensor): Float32Array | Uint16Array =>
  dtype === "f64" || dtype === "i32" ? Float32Array.from(data) : (data as Float32Array | Uint16Array);

const readValues = (b: PlanBuffer, weights: Weights): Faulty<ArrayBufferView> => {
  const { name, dtype, shape } = b;
  return pipe(
    weights.read(name),
    TE.filterOrElse(
      (t) => floatType(t.dtype) === dtype && t.data.length === valueOf(elementsOf(b), {}),
      (t): readonly Fault[] => [
        fault(
          "dtype",
          `weight ${name}`,
          `${showShape(shape)} in ${dtype}, as described`,
          `${t.data.length} ${t.dtype}`,
        ),
      ],
    ),
    TE.map(asStored),
  );
};

const readBlocks = (b: PlanBuffer, format: BlockFormat, { blocks }: Weights): Faulty<ArrayBufferView> => {
  const where = `weight ${b.name}`;
  const found = blocks?.(b.name);
  return found?.format === format
    ? TE.chainEitherK((bytes: Uint8Array) => grouped(where, format, valueOf(elementsOf(b), {}), bytes))(found.read)
    : TE.left([fault("dtype", where, `blocks of ${format}, as described`, found?.format ?? "none")]);
};

const uploadWeight = (device: Device, b: PlanBuffer, weights: Weights): Faulty<Allocation> =>
  pipe(
    isBlocks(b.dtype) ? readBlocks(b, b.dtype, weights) : readValues(b, weights),
    TE.chain((data: ArrayBufferView) => filled(device, `weight ${b.name}`, data)),
  );

const filled = (device: Device, what: string, data: ArrayBufferView): Faulty<Allocation> =>
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

export const aborted = (): Fault => fault("aborted", "run", "to finish", "an abort signal");

/** Nothing is held at first. */
export const newHeld = (device: Device, plan: Plan, weights: Weights): Held => {
  const there = new Map<number, Allocation>();
  let isOpen = true;
  let turn: Promise<unknown> = Promise.resolve();
  const evict = (buffers: Iterable<number>): void => {
    for (const b of buffers) {
      const found = there.get(b);
      if (found !== undefined) release(device, found);
      there.delete(b);
    }
  };
  const loadOne = async (b: number): Promise<E.Either<readonly Fault[], void>> => {
    const moved = await uploadWeight(device, plan.buffers[b] as PlanBuffer, weights)();
    if (E.isLeft(moved)) return moved;
    if (isOpen) there.set(b, moved.right);
    else release(device, moved.right);
    return isOpen ? E.right(undefined) : E.left(disposedRunner);
  };
  return {
    there,
    bytes: () => [...there.values()].reduce((sum, a) => sum + a.bytes, 0),
    isOpen: () => isOpen,
    load:
      (buffers, options = {}) =>
      async () => {
        for (const [done, b] of buffers.entries()) {
          options.progress?.({ done, total: buffers.length, what: "reading weights" });
          const moved = options.signal?.aborted ? E.left([aborted()]) : await loadOne(b);
          if (E.isLeft(moved)) return moved;
        }
        return E.right(undefined);
      },
    evict,
    inTurn: (use) => () => {
      const mine = turn.then(use);
      turn = mine.then(
        () => undefined,
        () => undefined,
      );
      return mine;
    },
    dispose: () => {
      isOpen = false;
      evict([...there.keys()]);
    },
  };
};
