// What does a GGUF file say it holds, and can that be true? Over @huggingface/gguf, which reads the header; it is handed
// bytes of the open file, never a path, so that it cannot read past the end. What it does not check is checked here: that
// its reading accounts for every byte of the header (a text cut off or a key given twice does not), and that every tensor
// lies within the file. Format: github.com/ggml-org/ggml, docs/gguf.md.

import { type Fault, fault } from "@depass/graph";
import { type GGUFParseOutput, type GGUFTypedMetadata, GGUFValueType, gguf } from "@huggingface/gguf";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { clip } from "../describe.ts";
import { type OpenFile, readBytes } from "../open-file.ts";
import { type BlockType, blockTypes, typeName } from "./blocks.ts";

type Result<A> = TE.TaskEither<readonly Fault[], A>;

/** One tensor; `shape` outermost first, `begin` in bytes from the start of the file, `bytes` as stored. */
export type GgufTensor = {
  readonly type: BlockType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly bytes: number;
};

/** Values of the header by key: texts, numbers (64-bit ones as bigint), booleans, and lists of them. */
export type Metadata = ReadonlyMap<string, unknown>;

export type Container = {
  readonly metadata: Metadata;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
};

type Parsed = GGUFParseOutput & { readonly typedMetadata: GGUFTypedMetadata };

const DAMAGED = "the file is damaged or incomplete: download it again";

const damaged = (where: string, expected: string, got: string): Fault => fault("gguf", where, expected, got, DAMAGED);

const PREFIX = 24; // bytes: magic, version, number of tensors, number of keys
const LEAST_TENSOR = 24; // bytes in the header: a name's length, rank, type, offset
const LEAST_KEY = 13; // bytes in the header: a key's length, type, value

/** Counts that the file has no room for, before anything is made of that length. */
const checkPrefix = (file: OpenFile, prefix: Uint8Array<ArrayBuffer>): readonly Fault[] => {
  const view = new DataView(prefix.buffer);
  if (new TextDecoder("latin1").decode(prefix.subarray(0, 4)) !== "GGUF")
    return [damaged(file.path, "a file that starts with GGUF", "another one")];
  const version = view.getUint32(4, true);
  if (version !== 2 && version !== 3) {
    const got = version >= 2 ** 24 ? "one of a big-endian machine" : `version ${version}`;
    return [fault("gguf", file.path, "GGUF version 2 or 3, little-endian", got, "convert the model again")];
  }
  const [tensors, keys] = [view.getBigUint64(8, true), view.getBigUint64(16, true)];
  const room = BigInt(file.bytes);
  return tensors * BigInt(LEAST_TENSOR) + keys * BigInt(LEAST_KEY) <= room
    ? []
    : [damaged(file.path, `a header within the file's ${room} bytes`, `${tensors} tensors and ${keys} keys`)];
};

/** The library asks for ranges as of a server; one that begins past the end ends its reading. */
const serve =
  (file: OpenFile): typeof fetch =>
  async (_, init) => {
    const range = new Headers(init?.headers).get("range") ?? "";
    const [from = 0, to = 0] = range.replace("bytes=", "").split("-").map(Number);
    const count = Math.min(to + 1, file.bytes) - from;
    if (count <= 0) throw new RangeError("the header goes on past the end of the file");
    const bytes = await readBytes(file, from, count)();
    if (bytes._tag === "Left") throw new Error(bytes.left[0]?.got);
    return new Response(bytes.right, { status: 206 });
  };

const readHeader = (file: OpenFile): Result<Parsed> =>
  TE.tryCatch(
    () => gguf("https://file", { fetch: serve(file), typedMetadata: true }),
    (error) => [damaged(file.path, "a GGUF header", clip(error instanceof Error ? error.message : String(error)))],
  );

const FIXED: Readonly<Partial<Record<GGUFValueType, number>>> = {
  [GGUFValueType.UINT8]: 1,
  [GGUFValueType.INT8]: 1,
  [GGUFValueType.BOOL]: 1,
  [GGUFValueType.UINT16]: 2,
  [GGUFValueType.INT16]: 2,
  [GGUFValueType.UINT32]: 4,
  [GGUFValueType.INT32]: 4,
  [GGUFValueType.FLOAT32]: 4,
  [GGUFValueType.UINT64]: 8,
  [GGUFValueType.INT64]: 8,
  [GGUFValueType.FLOAT64]: 8,
};

const textBytes = (text: string): number => 8 + Buffer.byteLength(text);

type Entry = { readonly value: unknown; readonly type: GGUFValueType; readonly subType?: GGUFValueType };

/** Bytes of a value in the file; undefined for lists of lists, which no key that we read has. */
const valueBytes = ({ value, type, subType }: Entry): number | undefined => {
  if (type === GGUFValueType.STRING) return textBytes(value as string);
  if (type !== GGUFValueType.ARRAY) return FIXED[type];
  const items = value as readonly unknown[];
  if (subType === GGUFValueType.STRING) return items.reduce((sum: number, text) => sum + textBytes(text as string), 12);
  const width = subType === undefined ? undefined : FIXED[subType];
  return width === undefined ? undefined : 12 + items.length * width;
};

const COUNTS = ["version", "tensor_count", "kv_count"];

/** Whether what was read is all there was: nothing cut off, made up, lost, or replaced because it was not UTF-8. */
const checkSizes = (file: OpenFile, { typedMetadata, tensorInfoByteRange: [end, last] }: Parsed): readonly Fault[] => {
  const { path } = file;
  // The library reads in pieces of a fixed length; behind the end of the file they are zeros to it.
  if (last > file.bytes) return [damaged(path, `a header within the file's ${file.bytes} bytes`, `one of ${last}`)];
  const entries = Object.entries(typedMetadata as Readonly<Record<string, Entry>>);
  let bytes = PREFIX;
  for (const [key, entry] of entries) {
    if (COUNTS.includes(key)) continue;
    const size = valueBytes(entry);
    if (size === undefined) return [fault("gguf", `${path} at ${clip(key)}`, "a value or a list", "a list of lists")];
    bytes += textBytes(key) + 4 + size;
  }
  return bytes === end
    ? []
    : [damaged(path, `${end} bytes of header`, `${bytes} with a meaning (a key twice, or text that is not UTF-8)`)];
};

const isCount = (n: number): boolean => Number.isSafeInteger(n) && n >= 1;

type Info = Parsed["tensorInfos"][number];

const tensorOf = (file: OpenFile, start: number, info: Info): GgufTensor | Fault => {
  const where = `${file.path} at ${clip(info.name)}`;
  const type = blockTypes.get(info.dtype);
  if (type === undefined) {
    const known = [...blockTypes.values()].map(({ name }) => name).join(", ");
    return fault("gguf", where, `one of ${known}`, typeName(info.dtype), "this type is not supported yet");
  }
  const shape = info.shape.map(Number).reverse();
  const values = shape.reduce((a, b) => a * b, 1);
  if (shape.length < 1 || shape.length > 4 || !shape.every(isCount) || !isCount(values))
    return damaged(where, "a shape of 1 to 4 sizes", `[${clip(shape.join(", "))}]`);
  if ((shape.at(-1) ?? 0) % type.values !== 0)
    return damaged(where, `rows of whole blocks of ${type.values}`, `rows of ${shape.at(-1)}`);
  const bytes = (values / type.values) * type.bytes;
  const begin = start + Number(info.offset);
  return begin + bytes <= file.bytes
    ? { type, shape, begin, bytes }
    : damaged(where, `data within the file's ${file.bytes} bytes`, `bytes ${begin} to ${begin + bytes}`);
};

const MOST_FAULTS = 20; // reported; a broken header may hold a million

const tensorsOf = (file: OpenFile, { tensorInfos, tensorDataOffset }: Parsed): Result<Container["tensors"]> => {
  const tensors = new Map<string, GgufTensor>();
  const faults: Fault[] = [];
  for (const info of tensorInfos) {
    const found = tensors.has(info.name)
      ? damaged(`${file.path} at ${clip(info.name)}`, "every name once", "it twice")
      : tensorOf(file, Number(tensorDataOffset), info);
    if ("tag" in found) faults.push(found);
    else tensors.set(info.name, found);
    if (faults.length >= MOST_FAULTS) break;
  }
  return faults.length > 0 ? TE.left(faults) : TE.right(tensors);
};

const unlessFaults = <A>(value: A, faults: readonly Fault[]): Result<A> =>
  faults.length === 0 ? TE.right(value) : TE.left(faults);

/** The header of an open file. Faults (tag `gguf`): not a GGUF file, a header that is not true of it, unknown types. */
export const readContainer = (file: OpenFile): Result<Container> =>
  pipe(
    file.bytes < PREFIX
      ? TE.left([damaged(file.path, `a file of at least ${PREFIX} bytes`, `${file.bytes}`)])
      : readBytes(file, 0, PREFIX),
    TE.flatMap((prefix) => unlessFaults(undefined, checkPrefix(file, prefix))),
    TE.flatMap(() => readHeader(file)),
    TE.flatMap((parsed) => unlessFaults(parsed, checkSizes(file, parsed))),
    TE.bindTo("parsed"),
    TE.bind("tensors", ({ parsed }) => tensorsOf(file, parsed)),
    TE.map(({ parsed, tensors }) => ({ metadata: new Map(Object.entries(parsed.metadata)), tensors })),
  );
