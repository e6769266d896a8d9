// How is a safetensors file written? The same tensors always give the same bytes: widest element first, then by name,
// so every tensor is aligned. One tensor is in memory at a time. The file appears whole or not at all: it is written
// beside its place and renamed.

import { randomUUID } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { bytesPerElement, type DType, type Fault, fault, sizeOf, type Tensor } from "@depass/graph";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { clip, list } from "../describe.ts";
import { attempt } from "../open-file.ts";

type Result<A> = TE.TaskEither<readonly Fault[], A>;

/** A tensor to write: its size is known at once, its values when its turn comes. */
export type WriteEntry = {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly load: Result<Tensor>;
};

/** An entry whose values are at hand. */
export const entryOf = (name: string, value: Tensor): WriteEntry => ({
  name,
  dtype: value.dtype,
  shape: value.shape,
  load: TE.right(value),
});

const STORED = { f64: "F64", f32: "F32", f16: "F16", bf16: "BF16", i32: "I32" } as const;

const bytesOf = ({ dtype, shape }: Pick<Tensor, "dtype" | "shape">): number => sizeOf(shape) * bytesPerElement[dtype];

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const inOrder = (entries: readonly WriteEntry[]): readonly WriteEntry[] =>
  [...entries].sort((a, b) => bytesPerElement[b.dtype] - bytesPerElement[a.dtype] || byText(a.name, b.name));

/** Joined by hand: an object would reorder names like "0" and lose `__proto__`. */
const objectText = (fields: readonly (readonly [string, string])[]): string =>
  `{${fields.map(([key, json]) => `${JSON.stringify(key)}:${json}`).join(",")}}`;

const headerText = (entries: readonly WriteEntry[], metadata: ReadonlyMap<string, string>): string => {
  const texts = [...metadata].sort(([a], [b]) => byText(a, b)).map(([k, v]) => [k, JSON.stringify(v)] as const);
  let end = 0;
  const fields = entries.map((entry) => {
    const begin = end;
    end += bytesOf(entry);
    return [
      entry.name,
      JSON.stringify({ dtype: STORED[entry.dtype], shape: entry.shape, data_offsets: [begin, end] }),
    ] as const;
  });
  return objectText(texts.length === 0 ? fields : [["__metadata__", objectText(texts)], ...fields]);
};

const ALIGNMENT = 8; // bytes: the widest element

const headerBytes = (entries: readonly WriteEntry[], metadata: ReadonlyMap<string, string>): Uint8Array => {
  const json = new TextEncoder().encode(headerText(entries, metadata));
  const padded = Math.ceil(json.length / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(8 + padded).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.set(json, 8);
  return bytes;
};

const repeats = (names: readonly string[]): readonly string[] => names.filter((name, i) => names.indexOf(name) < i);

const isShape = (shape: readonly number[]): boolean => shape.every((n) => Number.isSafeInteger(n) && n >= 0);

const checkEntries = (path: string, entries: readonly WriteEntry[]): readonly Fault[] => {
  const names = entries.map(({ name }) => name);
  const repeated = new Set(names).size === names.length ? [] : repeats(names);
  const unfit = names.filter((name) => name === "__metadata__" || /\p{Surrogate}/u.test(name));
  const shapeless = entries.filter(({ shape }) => !isShape(shape)).map(({ name }) => name);
  return [
    ...(repeated.length > 0 ? [fault("safetensors", path, "every name once", `repeated ${list(repeated)}`)] : []),
    ...(unfit.length > 0 ? [fault("safetensors", path, "names other than __metadata__, in Unicode", list(unfit))] : []),
    ...(shapeless.length > 0 ? [fault("safetensors", path, "shapes of whole numbers", list(shapeless))] : []),
  ];
};

const agrees = (entry: WriteEntry, value: Tensor): boolean =>
  value.dtype === entry.dtype && value.shape.join() === entry.shape.join() && value.data.byteLength === bytesOf(entry);

const writeAll = async (handle: FileHandle, bytes: Uint8Array): Promise<void> => {
  let done = 0;
  while (done < bytes.length)
    done += (await handle.write(bytes, done, Math.min(2 ** 30, bytes.length - done))).bytesWritten;
};

const writeTensor = (handle: FileHandle, path: string, entry: WriteEntry): Result<void> =>
  pipe(
    entry.load,
    TE.filterOrElse(
      (value) => agrees(entry, value),
      (value): readonly Fault[] => [
        fault(
          "safetensors",
          `${path} at ${clip(entry.name)}`,
          `${entry.dtype} [${entry.shape}]`,
          `${value.dtype} [${value.shape}] with ${value.data.length} values`,
        ),
      ],
    ),
    TE.flatMap(({ data }) =>
      attempt(path, "to write", () => writeAll(handle, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))),
    ),
  );

const writeBody = (handle: FileHandle, path: string, entries: readonly WriteEntry[], head: Uint8Array): Result<void> =>
  entries.reduce(
    (before, entry) =>
      pipe(
        before,
        TE.flatMap(() => writeTensor(handle, path, entry)),
      ),
    pipe(attempt(path, "to write", () => writeAll(handle, head))),
  );

const writeAndSync = (
  handle: FileHandle,
  path: string,
  entries: readonly WriteEntry[],
  head: Uint8Array,
): Result<void> =>
  pipe(
    writeBody(handle, path, entries, head),
    TE.flatMap(() => attempt(path, "to write", () => handle.sync())),
  );

/**
 * Writes `entries` to `path`, replacing what is there only once all is written; on failure nothing is left behind.
 * Faults (tags `safetensors`, `file`): names twice or unfit, values that are not of the size said, those of `load`,
 * and those of the disk.
 */
export const writeSafetensors = (
  path: string,
  entries: readonly WriteEntry[],
  metadata: ReadonlyMap<string, string> = new Map(),
): Result<void> => {
  const faults = checkEntries(path, entries);
  if (faults.length > 0) return TE.left(faults);
  const ordered = inOrder(entries);
  const temporary = `${path}.${randomUUID()}.tmp`;
  return pipe(
    TE.bracket(
      attempt(path, "a place to write to", () => open(temporary, "wx")),
      (handle) => writeAndSync(handle, path, ordered, headerBytes(ordered, metadata)),
      (handle) => attempt(path, "to close", () => handle.close()),
    ),
    TE.flatMap(() => attempt(path, "to take its place", () => rename(temporary, path))),
    TE.tapError(() => TE.fromTask(() => rm(temporary, { force: true }).catch(() => undefined))),
  );
};
