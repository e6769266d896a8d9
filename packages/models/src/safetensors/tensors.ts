// What is in a safetensors file that lies open, and how is one tensor or a few of its rows read? At first the header is read
// and checked, nothing else; bytes of a tensor are read when it is asked for, straight into the array that is returned.
// File: 8 bytes N (little-endian u64), N bytes of JSON (header.ts), then the data.

import { type Fault, fault, type Tensor } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { clip } from "../describe.ts";
import { closeFile, type OpenFile, readBytes } from "../open-file.ts";
import { decodeHeader, type Header, STORED_BYTES, type StoredDType, type StoredTensor } from "./header.ts";
import { isReadable, toTensor } from "./values.ts";

/** What is known of a tensor before it is read; `bytes` as stored. */
export type TensorInfo = {
  readonly dtype: StoredDType;
  readonly shape: readonly number[];
  readonly bytes: number;
};

type Result<A> = TE.TaskEither<readonly Fault[], A>;

export type SafetensorsFile = {
  readonly path: string;
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** The whole tensor. Faults: no such name, a type that cannot be read, the file closed or changed. */
  readonly read: (name: string) => Result<Tensor>;
  /** Rows `first` to `first + count - 1` of the first axis, shape [count, ...rest]. Faults as read, or out of range. */
  readonly readRows: (name: string, first: number, count: number) => Result<Tensor>;
  /** Closes the handle; may be called again. Reads under way may fail with a fault. */
  readonly close: () => Promise<void>;
};

const MOST_HEADER = 100_000_000; // bytes; the reference implementation's bound
const PREFIX = 8; // bytes

const wrong = (path: string, expected: string, got: string): Result<never> =>
  TE.left([fault("safetensors", path, expected, got, "the file is damaged or incomplete: download it again")]);

const headerLength = (file: OpenFile): Result<number> => {
  if (file.bytes < PREFIX) return wrong(file.path, "at least 8 bytes", `a file of ${file.bytes}`);
  return pipe(
    readBytes(file, 0, PREFIX),
    TE.flatMap((prefix) => {
      const length = new DataView(prefix.buffer).getBigUint64(0, true);
      if (length > BigInt(MOST_HEADER))
        return wrong(file.path, `a header of at most ${MOST_HEADER} bytes`, `${length}`);
      const room = file.bytes - PREFIX;
      if (length > BigInt(room)) return wrong(file.path, `a header within the file's ${room} other bytes`, `${length}`);
      return TE.right(Number(length));
    }),
  );
};

type Opened = { readonly file: OpenFile; readonly header: Header; readonly dataStart: number };

const readHeader = (file: OpenFile): Result<Opened> =>
  pipe(
    headerLength(file),
    TE.flatMap((length) =>
      pipe(
        readBytes(file, PREFIX, length),
        TE.flatMapEither((json) => decodeHeader(json, file.bytes - PREFIX - length, file.path)),
        TE.map((header) => ({ file, header, dataStart: PREFIX + length })),
      ),
    ),
  );

const find = ({ file, header }: Opened, name: string): Result<StoredTensor> => {
  const stored = header.tensors.get(name);
  const where = `${file.path} at ${clip(name)}`;
  if (stored === undefined) return TE.left([fault("safetensors", where, "a tensor of this name", "none in the file")]);
  // Before any byte is read: a type that cannot be read may be gigabytes.
  return isReadable(stored.dtype)
    ? TE.right(stored)
    : TE.fromEither(E.map(() => stored)(toTensor(stored.dtype, stored.shape, new ArrayBuffer(0), where)));
};

const readRange = (
  { file, dataStart }: Opened,
  stored: StoredTensor,
  shape: readonly number[],
  from: number,
  bytes: number,
): Result<Tensor> =>
  pipe(
    readBytes(file, dataStart + stored.begin + from, bytes),
    TE.flatMapEither((data) => toTensor(stored.dtype, shape, data.buffer, file.path)),
  );

const isRange = (first: number, count: number, rows: number): boolean =>
  Number.isSafeInteger(first) && Number.isSafeInteger(count) && first >= 0 && count >= 0 && first + count <= rows;

const rowsOf = (opened: Opened, name: string, first: number, count: number): Result<Tensor> =>
  pipe(
    find(opened, name),
    TE.flatMap((stored) => {
      const [rows, ...rest] = stored.shape;
      const where = `${opened.file.path} at ${clip(name)}`;
      if (rows === undefined) return TE.left([fault("safetensors", where, "a tensor with rows", "a scalar")]);
      if (!isRange(first, count, rows)) {
        return TE.left([fault("safetensors", where, `rows within 0 to ${rows}`, `${count} rows from ${first}`)]);
      }
      const rowBytes = rest.reduce((a, b) => a * b, STORED_BYTES[stored.dtype]);
      return readRange(opened, stored, [count, ...rest], first * rowBytes, count * rowBytes);
    }),
  );

const info = ({ dtype, shape, begin, end }: StoredTensor): TensorInfo => ({ dtype, shape, bytes: end - begin });

const toFile = (opened: Opened): SafetensorsFile => ({
  path: opened.file.path,
  metadata: opened.header.metadata,
  tensors: new Map([...opened.header.tensors].map(([name, stored]) => [name, info(stored)])),
  read: (name) =>
    pipe(
      find(opened, name),
      TE.flatMap((stored) => readRange(opened, stored, stored.shape, 0, stored.end - stored.begin)),
    ),
  readRows: (name, first, count) => rowsOf(opened, name, first, count),
  close: () => closeFile(opened.file),
});

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * A safetensors file that lies open, its header checked; closes it where there is a fault.
 * Faults (tags `file`, `safetensors`, `json`): truncated, or a header that is not true of the file.
 */
export const safetensorsIn = (file: OpenFile): Result<SafetensorsFile> =>
  pipe(
    isLittleEndian
      ? readHeader(file)
      : TE.left([fault("safetensors", file.path, "a little-endian machine", "a big-endian one")]),
    TE.map(toFile),
    TE.tapError(() => TE.fromTask(() => closeFile(file))),
  );
