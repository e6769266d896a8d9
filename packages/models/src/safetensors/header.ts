// What does a safetensors file say it holds, and can that be true? The header's JSON bytes and the number of data bytes
// go in; names, shapes and byte ranges come out, or every fault. As strict as the reference implementation, stricter
// in two things: equal keys and unknown fields are refused. Source: github.com/huggingface/safetensors (format).
import { type Fault, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { clip, describe, isRecord, list } from "../describe.ts";
import { decodeUtf8, parseJson } from "../json.ts";

/** Bytes per element of every type a file may hold. Which of them can be read is for read.ts to say. */
// biome-ignore format: one line per kind
export const STORED_BYTES = {
  F64: 8, F32: 4, F16: 2, BF16: 2, F8_E4M3: 1, F8_E5M2: 1, F8_E8M0: 1,
  I64: 8, I32: 4, I16: 2, I8: 1, U64: 8, U32: 4, U16: 2, U8: 1, BOOL: 1, C64: 8,
} as const;

export type StoredDType = keyof typeof STORED_BYTES;

/** One tensor; `begin` and `end` in bytes, counted from the first data byte. */
export type StoredTensor = {
  readonly dtype: StoredDType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
};

/** Maps, not objects: any text may be a name, `__proto__` too. */
export type Header = {
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
};

type Result<A> = E.Either<readonly Fault[], A>;

const MOST_FAULTS = 20; // reported; a broken header may hold a million
const METADATA = "__metadata__";
const DAMAGED = "the file is damaged: download it again";

const wrong = (where: string, expected: string, got: string): Result<never> =>
  E.left([fault("safetensors", where, expected, got, DAMAGED)]);

const isDType = (value: unknown): value is StoredDType =>
  typeof value === "string" && Object.hasOwn(STORED_BYTES, value);

const isCount = (value: unknown): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0;

const isCounts = (value: unknown): value is readonly number[] => Array.isArray(value) && value.every(isCount);

/** Bytes of a tensor, or undefined where they are more than can be counted exactly. */
const bytesOf = (dtype: StoredDType, shape: readonly number[]): number | undefined => {
  let bytes: number = STORED_BYTES[dtype];
  for (const size of shape) {
    bytes *= size;
    if (!Number.isSafeInteger(bytes)) return undefined;
  }
  return bytes;
};

const FIELDS = ["data_offsets", "dtype", "shape"];

const decodeEntry = (value: unknown, dataBytes: number, where: string): Result<StoredTensor> => {
  if (!isRecord(value)) return wrong(where, "an object with dtype, shape and data_offsets", describe(value));
  const fields = Object.keys(value).sort();
  if (fields.join() !== FIELDS.join()) return wrong(where, FIELDS.join(", "), list(fields) || "no fields");
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isDType(dtype)) return wrong(`${where}.dtype`, `one of ${Object.keys(STORED_BYTES).join(" ")}`, describe(dtype));
  if (!isCounts(shape)) return wrong(`${where}.shape`, "a list of whole numbers, 0 or more", describe(shape));
  if (!isCounts(offsets) || offsets.length !== 2) {
    return wrong(`${where}.data_offsets`, "two whole numbers, 0 or more", describe(offsets));
  }
  const [begin, end] = offsets as readonly [number, number];
  const range = `[${begin}, ${end}]`;
  if (begin > end || end > dataBytes) return wrong(`${where}.data_offsets`, `a range in 0 to ${dataBytes}`, range);
  const bytes = bytesOf(dtype, shape);
  return bytes === end - begin
    ? E.right({ dtype, shape, begin, end })
    : wrong(
        where,
        `${bytes ?? "more than 2^53"} bytes for ${dtype} [${clip(shape.join(", "))}]`,
        `${end - begin} bytes`,
      );
};

const decodeMetadata = (value: unknown, where: string): Result<ReadonlyMap<string, string>> => {
  if (value === undefined) return E.right(new Map());
  if (!isRecord(value)) return wrong(where, "an object of texts", describe(value));
  const entries = Object.entries(value);
  const bad = entries.find(([, text]) => typeof text !== "string");
  return bad === undefined
    ? E.right(new Map(entries as [string, string][]))
    : wrong(`${where}.${clip(bad[0])}`, "a text", describe(bad[1]));
};

type Named = readonly [string, StoredTensor];

/** The tensors must cover the data exactly: no byte twice, none unclaimed. */
const checkCover = (tensors: readonly Named[], dataBytes: number, where: string): Result<void> => {
  const sorted = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const [name, { begin, end }] of sorted) {
    const site = `${where} at ${clip(name)}`;
    if (begin < covered) return wrong(site, `data from byte ${covered} on`, `an overlap: data from byte ${begin}`);
    if (begin > covered) return wrong(site, `data from byte ${covered} on`, `a hole: data from byte ${begin}`);
    covered = end;
  }
  const expected = `${covered} bytes of data, as the header says`;
  return covered === dataBytes ? E.right(undefined) : wrong(where, expected, `${dataBytes}`);
};

const decodeTensors = (
  entries: readonly (readonly [string, unknown])[],
  dataBytes: number,
  where: string,
): Result<ReadonlyMap<string, StoredTensor>> => {
  const tensors: Named[] = [];
  const faults: Fault[] = [];
  for (const [name, value] of entries) {
    const entry = decodeEntry(value, dataBytes, `${where} at ${clip(name)}`);
    if (E.isRight(entry)) tensors.push([name, entry.right]);
    else faults.push(...entry.left);
    if (faults.length >= MOST_FAULTS) break;
  }
  if (faults.length > 0) return E.left(faults);
  return pipe(
    checkCover(tensors, dataBytes, where),
    E.map(() => new Map(tensors)),
  );
};

/**
 * The header of a file whose JSON is `json` and which has `dataBytes` bytes after it. `where` names the file.
 * Faults (tags `safetensors`, `json`): everything that does not hold, up to 20.
 */
export const decodeHeader = (json: Uint8Array, dataBytes: number, where: string): Result<Header> =>
  pipe(
    decodeUtf8(json, where),
    E.filterOrElse(
      (text) => text.startsWith("{"),
      (text): readonly Fault[] => [
        fault("safetensors", where, "a header that starts with {", describe(text.slice(0, 1)), DAMAGED),
      ],
    ),
    E.flatMap((text) => parseJson(text, where)),
    E.flatMap((value) => {
      const entries = Object.entries(value as Record<string, unknown>);
      const metadata = entries.find(([name]) => name === METADATA)?.[1];
      return pipe(
        E.Do,
        E.bind("metadata", () => decodeMetadata(metadata, `${where} at ${METADATA}`)),
        E.bind("tensors", () =>
          decodeTensors(
            entries.filter(([name]) => name !== METADATA),
            dataBytes,
            where,
          ),
        ),
      );
    }),
  );
