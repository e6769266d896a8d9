// What is in a GGUF file, and how is one tensor or a few of its rows read? Opening reads the header only. A tensor of packed
// blocks is unpacked a piece at a time, so that beside the values asked for there is never more than a piece of the file.

import { endianness } from "node:os";
import { type Blocks, type DType, type Fault, fault, type Tensor, tensor } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { clip } from "../describe.ts";
import { openFile } from "../file.ts";
import { closeFile, type OpenFile, readBytes } from "../open-file.ts";
import type { Unpack } from "./block.ts";
import { type Container, type GgufTensor, type Metadata, readContainer } from "./container.ts";

type Result<A> = TE.TaskEither<readonly Fault[], A>;

export type GgufFile = {
  readonly path: string;
  readonly metadata: Metadata;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  /** The whole tensor, packed types as f32. Faults: no such name, the file closed or changed. */
  readonly read: (name: string) => Result<Tensor>;
  /** Rows `first` to `first + count - 1` of the first axis, shape [count, ...rest]. Faults as read, or out of range. */
  readonly readRows: (name: string, first: number, count: number) => Result<Tensor>;
  /** The tensor as its blocks, where backends read such. Faults of reading: the file closed or changed. */
  readonly blocks: (name: string) => Blocks | undefined;
  /** Closes the handle; may be called again. Reads under way may fail with a fault. */
  readonly close: () => Promise<void>;
};

const valuesOf = (dtype: DType, buffer: ArrayBuffer): Float32Array | Uint16Array =>
  dtype === "f32" ? new Float32Array(buffer) : new Uint16Array(buffer);

const PIECE = 2 ** 20; // bytes of packed blocks in memory at a time: large enough that the disk is not what is waited for

type Span = { readonly begin: number; readonly blocks: number };

const unpacked =
  (file: OpenFile, { type }: GgufTensor, unpack: Unpack, { begin, blocks }: Span): Result<Float32Array> =>
  async () => {
    const out = new Float32Array(blocks * type.values);
    const most = Math.floor(PIECE / type.bytes);
    for (let done = 0; done < blocks; done += most) {
      const count = Math.min(most, blocks - done);
      const piece = await readBytes(file, begin + done * type.bytes, count * type.bytes)();
      if (E.isLeft(piece)) return piece;
      for (let block = 0; block < count; block++)
        unpack(piece.right, block * type.bytes, out, (done + block) * type.values);
    }
    return E.right(out);
  };

const readSpan = (file: OpenFile, stored: GgufTensor, shape: readonly number[], span: Span): Result<Tensor> => {
  const { unpack, dtype, bytes } = stored.type;
  const values: Result<Float32Array | Uint16Array> =
    unpack === undefined
      ? pipe(
          readBytes(file, span.begin, span.blocks * bytes),
          TE.map(({ buffer }) => valuesOf(dtype, buffer)),
        )
      : unpacked(file, stored, unpack, span);
  return pipe(
    values,
    TE.map((data) => tensor(dtype, shape, data)),
  );
};

const isRange = (first: number, count: number, rows: number): boolean =>
  Number.isSafeInteger(first) && Number.isSafeInteger(count) && first >= 0 && count >= 0 && first + count <= rows;

const find = (path: string, { tensors }: Container, name: string): Result<GgufTensor> => {
  const stored = tensors.get(name);
  return stored === undefined
    ? TE.left([fault("gguf", `${path} at ${clip(name)}`, "a tensor of this name", "none in the file")])
    : TE.right(stored);
};

/** Rows are whole blocks (the header is refused otherwise), but where a row is a single value of a list. */
const rowsOf = (file: OpenFile, stored: GgufTensor, name: string, first: number, count: number): Result<Tensor> => {
  const [rows = 0, ...rest] = stored.shape;
  const blocks = stored.bytes / stored.type.bytes / rows;
  const where = `${file.path} at ${clip(name)}`;
  if (!isRange(first, count, rows))
    return TE.left([fault("gguf", where, `rows within 0 to ${rows}`, `${count} rows from ${first}`)]);
  if (!Number.isInteger(blocks))
    return TE.left([fault("gguf", where, "a tensor with rows of whole blocks", "a list of packed values")]);
  const begin = stored.begin + first * blocks * stored.type.bytes;
  return readSpan(file, stored, [count, ...rest], { begin, blocks: count * blocks });
};

/** Without blocks where rows are not whole ones. */
const blocksOf = (file: OpenFile, stored: GgufTensor | undefined): Blocks | undefined => {
  const format = stored?.type.format;
  if (stored === undefined || format === undefined || (stored.shape.at(-1) ?? 0) % stored.type.values !== 0) return;
  return { format, read: readBytes(file, stored.begin, stored.bytes) };
};

const toFile = (file: OpenFile, container: Container): GgufFile => ({
  path: file.path,
  ...container,
  read: (name) =>
    pipe(
      find(file.path, container, name),
      TE.flatMap((stored) => {
        const span = { begin: stored.begin, blocks: stored.bytes / stored.type.bytes };
        return readSpan(file, stored, stored.shape, span);
      }),
    ),
  readRows: (name, first, count) =>
    pipe(
      find(file.path, container, name),
      TE.flatMap((stored) => rowsOf(file, stored, name, first, count)),
    ),
  blocks: (name) => blocksOf(file, container.tensors.get(name)),
  close: () => closeFile(file),
});

/** An open file as GGUF, its header checked; closed where it is none. Faults (tag `gguf`): those of readContainer. */
export const ggufIn = (file: OpenFile): Result<GgufFile> =>
  pipe(
    endianness() === "LE"
      ? readContainer(file)
      : TE.left([fault("gguf", file.path, "a little-endian machine", "a big-endian one")]),
    TE.tapError(() => TE.fromTask(() => closeFile(file))),
    TE.map((container) => toFile(file, container)),
  );

/** Opens a GGUF file and checks its header; the caller closes it. Faults (tags `file`, `gguf`): those of ggufIn. */
export const openGguf = (path: string): Result<GgufFile> => pipe(openFile(path), TE.flatMap(ggufIn));
