// How do bytes come onto a device and back? Buffers are allocated inside the device's byte budget and inside error scopes
// (software drivers overcommit in silence, so the budget is what protects the machine); data travels in bounded pieces.

import { type Fault, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import type * as TE from "fp-ts/lib/TaskEither.js";
import type { Device } from "./device.ts";
import { stagingBytes } from "./memory-plan.ts";

/** `what` names the buffer in every fault: `weight layers.3.mlp.up`, `parts at layer.3`. `bytes` is what it takes. */
export type Allocation = { readonly what: string; readonly bytes: number; readonly gpu: GPUBuffer };

/** GPUBufferUsage, as plain numbers: Node has no such global. */
const MAP_READ = 0x1;
const COPY_SRC = 0x4;
const COPY_DST = 0x8;
const UNIFORM = 0x40;
const STORAGE = 0x80;

/** One write: up to here Dawn copies into a ring it reuses, above it takes new staging memory each time. */
const writeBytes = 4 * 2 ** 20;
/** writeBuffer has no back-pressure: after this many bytes the queue is waited for. */
const flightBytes = 64 * 2 ** 20;

const ledger = new WeakMap<GPUDevice, number>();

/** Bytes allocated on a device and not yet released. */
export const usedBytes = (device: Device): number => ledger.get(device.gpu) ?? 0;

const peaks = new WeakMap<GPUDevice, number>();

/** The most that was allocated on a device at once. */
export const peakBytes = (device: Device): number => peaks.get(device.gpu) ?? 0;

/** From now on the peak is counted anew. */
export const forgetPeak = (device: Device): void => {
  peaks.set(device.gpu, usedBytes(device));
};

const charge = (device: Device, bytes: number): void => {
  ledger.set(device.gpu, usedBytes(device) + bytes);
  peaks.set(device.gpu, Math.max(peakBytes(device), usedBytes(device)));
};

const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(bytes < 2 ** 20 ? 3 : 1)} MiB (${bytes} bytes)`;

/** What is wrong with a size before the device is asked. */
const refusal = (device: Device, what: string, bytes: number): Fault | undefined => {
  const free = device.budgetBytes - usedBytes(device);
  const most = Math.min(device.limits.maxBufferSize, device.limits.maxStorageBufferBindingSize);
  if (!Number.isSafeInteger(bytes) || bytes < 0) return fault("bad-size", what, "a whole number of bytes", `${bytes}`);
  if (bytes > most) return fault("too-large", what, `at most ${mib(most)} in one buffer of ${device.name}`, mib(bytes));
  if (bytes <= free) return undefined;
  const of = `${mib(free)} left of a budget of ${mib(device.budgetBytes)}`;
  return fault("out-of-memory", what, of, mib(bytes), "raise `memory`, or run in smaller tiles");
};

/** Runs `make` and says what Dawn objected to, if anything: the tag tells memory from misuse. */
export const scoped = async <A>(
  device: Device,
  what: string,
  make: () => A,
): Promise<E.Either<readonly Fault[], A>> => {
  const { gpu } = device;
  const filters = ["internal", "out-of-memory", "validation"] as const;
  for (const f of filters) gpu.pushErrorScope(f);
  let made: E.Either<Fault, A>;
  try {
    made = E.right(make());
  } catch (e) {
    made = E.left(fault("gpu-refused", what, `a request that ${device.name} takes`, String(e)));
  }
  const popped = [...filters].reverse().map(async (f) => ({ f, error: await gpu.popErrorScope() }));
  const faults = (await Promise.all(popped)).flatMap(({ f, error }) =>
    error === null
      ? []
      : [fault(f === "validation" ? "gpu-refused" : f, what, `${device.name} to take it`, error.message)],
  );
  if (E.isLeft(made)) return E.left([made.left, ...faults]);
  return faults.length > 0 ? E.left(faults) : E.right(made.right);
};

const create = async (device: Device, what: string, size: number, usage: number, words?: Uint32Array) => {
  const bytes = Math.max(4, Math.ceil(size / 4) * 4);
  const no = refusal(device, what, bytes);
  if (no !== undefined) return E.left([no]);
  charge(device, bytes);
  const made = await scoped(device, `${what}, ${mib(bytes)}`, () => {
    const gpu = device.gpu.createBuffer({ label: what, size: bytes, usage, mappedAtCreation: words !== undefined });
    if (words === undefined) return gpu;
    new Uint32Array(gpu.getMappedRange()).set(words);
    gpu.unmap();
    return gpu;
  });
  if (E.isRight(made)) return E.right({ what, bytes, gpu: made.right } satisfies Allocation);
  charge(device, -bytes);
  return made;
};

/** A storage buffer of at least `bytes`, rounded up to a multiple of 4; its first contents are not promised to be zero. */
export const allocate =
  (device: Device, what: string, bytes: number): TE.TaskEither<readonly Fault[], Allocation> =>
  () =>
    create(device, what, bytes, STORAGE | COPY_SRC | COPY_DST);

/** A uniform buffer: a few words that a kernel reads, in place from the beginning. */
export const allocateUniform =
  (device: Device, what: string, words: Uint32Array): TE.TaskEither<readonly Fault[], Allocation> =>
  () =>
    create(device, what, words.byteLength, UNIFORM, words);

/** Gives the bytes back. Work already submitted still finishes. */
export const release = (device: Device, { gpu, bytes }: Allocation): void => {
  gpu.destroy();
  charge(device, -bytes);
};

/** Views over SharedArrayBuffer are left out: Dawn copies from plain memory. */
export type Bytes = ArrayBufferView<ArrayBuffer>;

const asBytes = (data: Bytes): Uint8Array<ArrayBuffer> => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** Dawn writes whole words: an odd tail (an odd number of bf16) is padded with zeros. */
const padded = (piece: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => {
  if (piece.length % 4 === 0) return piece;
  const whole = new Uint8Array(Math.ceil(piece.length / 4) * 4);
  whole.set(piece);
  return whole;
};

/** Writes `data` at a byte offset (a multiple of 4), in pieces, never with more than 64 MiB in flight. */
export const upload =
  (device: Device, to: Allocation, data: Bytes, offset = 0): TE.TaskEither<readonly Fault[], void> =>
  async () => {
    const { queue } = device.gpu;
    const bytes = asBytes(data);
    if (offset + bytes.length > to.bytes)
      return E.left([fault("too-large", to.what, `${to.bytes - offset} bytes at most`, `${bytes.length}`)]);
    for (let from = 0; from < bytes.length; from += flightBytes) {
      const end = Math.min(bytes.length, from + flightBytes);
      const sent = await scoped(device, `upload of ${to.what}`, () => {
        for (let at = from; at < end; at += writeBytes)
          queue.writeBuffer(to.gpu, offset + at, padded(bytes.subarray(at, Math.min(end, at + writeBytes))));
        queue.submit([]);
      });
      if (E.isLeft(sent)) return sent;
      if (end < bytes.length) await queue.onSubmittedWorkDone();
    }
    return E.right(undefined);
  };

const copyOut = (device: Device, from: Allocation, at: number, staging: GPUBuffer, bytes: number) =>
  scoped(device, `download of ${from.what}`, () => {
    const encoder = device.gpu.createCommandEncoder();
    encoder.copyBufferToBuffer(from.gpu, at, staging, 0, bytes);
    device.gpu.queue.submit([encoder.finish()]);
  });

const mapped = async (device: Device, what: string, staging: GPUBuffer, bytes: number, into: Uint8Array) => {
  try {
    await staging.mapAsync(1, 0, bytes);
    into.set(new Uint8Array(staging.getMappedRange(0, bytes)).subarray(0, into.length));
    staging.unmap();
    return E.right(undefined);
  } catch (e) {
    return E.left([fault("device-lost", `download of ${what}`, `${device.name} to answer`, String(e))]);
  }
};

const readInto = async (device: Device, from: Allocation, offset: number, into: Uint8Array, staging: Allocation) => {
  for (let at = 0; at < into.length; at += staging.bytes) {
    const piece = into.subarray(at, at + staging.bytes);
    const bytes = Math.ceil(piece.length / 4) * 4;
    const copied = await copyOut(device, from, offset + at, staging.gpu, bytes);
    if (E.isLeft(copied)) return copied;
    const read = await mapped(device, from.what, staging.gpu, bytes, piece);
    if (E.isLeft(read)) return read;
  }
  return E.right(undefined);
};

/** Reads `bytes` from a byte offset (a multiple of 4), after all work submitted before, through a mapped staging buffer. */
export const download =
  (
    device: Device,
    from: Allocation,
    bytes: number = from.bytes,
    offset = 0,
  ): TE.TaskEither<readonly Fault[], ArrayBuffer> =>
  async () => {
    if (offset + bytes > from.bytes)
      return E.left([fault("too-large", from.what, `${from.bytes - offset} bytes at most`, `${bytes}`)]);
    const staging = await create(
      device,
      `staging for ${from.what}`,
      Math.min(bytes, stagingBytes),
      MAP_READ | COPY_DST,
    );
    if (E.isLeft(staging)) return staging;
    const into = new Uint8Array(bytes);
    const read = await readInto(device, from, offset, into, staging.right);
    release(device, staging.right);
    return E.isLeft(read) ? read : E.right(into.buffer);
  };

/** `download` of `length` 32-bit floats from the beginning. */
export const downloadF32 =
  (device: Device, from: Allocation, length: number): TE.TaskEither<readonly Fault[], Float32Array> =>
  async () => {
    const read = await download(device, from, length * 4)();
    return E.isLeft(read) ? read : E.right(new Float32Array(read.right));
  };
