// Where is each weight of ours in a GGUF file, and how is it read? A tensor of the file is one of ours, in our order and
// shape, or a stack of several.
import { type Blocks, type Fault, fault, sizeOf, type Tensor, tensor } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { clip } from "../describe.ts";
import type { TensorInfo } from "../safetensors/tensors.ts";
import { formOf, ourName } from "./architectures.ts";
import type { Known } from "./config.ts";
import type { GgufTensor } from "./container.ts";
import { type Form, restored } from "./forms.ts";
import type { GgufFile } from "./read.ts";
import { rowsInHalves } from "./rows.ts";

type Result<A> = TE.TaskEither<readonly Fault[], A>;

/** A tensor of the file under our name. */
export type Place = {
  readonly name: string;
  readonly stored: GgufTensor;
  /** As the checkpoint has it. */
  readonly shape: readonly number[];
  readonly form?: Form;
  /** Rows of a head, for forms that know heads. */
  readonly width: number;
  /** Which of a stack. */
  readonly index?: number;
};

export type Sizes = { readonly heads: number; readonly kvHeads: number };

/** Tensors that are no weights: read with the configuration. */
export const ROPE = "rope_freqs.weight";
export const FACTORS = { short: "rope_factors_short.weight", long: "rope_factors_long.weight" } as const;
const BESIDE: readonly string[] = [ROPE, FACTORS.short, FACTORS.long];

const MOST_EXPERTS = 4096; // of a layer; the most of today are 512

const widthOf = (form: Form | undefined, name: string, rows: number, { heads, kvHeads }: Sizes): number => {
  if (form === "paired") return rows / (name.includes("attn_k") ? kvHeads : heads);
  return form === "thirds" ? rows / 3 / heads : 1;
};

/** What a form needs of a tensor; undefined where it has it. */
const missing = (place: Place): readonly [expected: string, got: string] | undefined => {
  const { form, width, stored } = place;
  const rank = stored.shape.length;
  if (form === "paired" && !(Number.isInteger(width / 2) && width > 0))
    return ["whole heads of pairs of rows", `heads of ${width} rows`];
  if (form === "thirds" && !(Number.isInteger(width) && width > 0))
    return ["whole heads of q, k and v", `heads of ${width} rows`];
  if (form === "turned" && rank > 2) return ["a matrix or a list", `${rank} axes`];
  const isStack = rank === 3 && (stored.shape[0] ?? 0) <= MOST_EXPERTS;
  return form === "stacked" && !isStack ? ["a matrix for each expert", `[${stored.shape.join(", ")}]`] : undefined;
};

/** One place, or one for each of a stack: `*` in our name is its number. */
const placesOf = (ours: string, place: Place): readonly (readonly [string, Place])[] => {
  const [count = 0, ...shape] = place.shape;
  if (place.form === "stacked")
    return Array.from({ length: count }, (_, index) => [ours.replace("*", `${index}`), { ...place, shape, index }]);
  return [[ours, place.form === "turned" ? { ...place, shape: [...place.shape].reverse() } : place]];
};

/** Every weight of the file by our name. Faults (tag `gguf`): tensors that we have no use for, or of another shape. */
export const placesIn = (
  file: GgufFile,
  known: Known,
  sizes: Sizes,
): E.Either<readonly Fault[], ReadonlyMap<string, Place>> => {
  const places = new Map<string, Place>();
  const faults: Fault[] = [];
  for (const [name, stored] of file.tensors) {
    const ours = ourName(known, name);
    const form = formOf(known, name);
    const width = widthOf(form, name, stored.shape[0] ?? 0, sizes);
    const place = { name, stored, shape: stored.shape, width, ...(form !== undefined && { form }) };
    const where = `${file.path} at ${clip(name)}`;
    const wrong = missing(place);
    if (ours === undefined) {
      if (!BESIDE.includes(name))
        faults.push(fault("gguf", where, `a tensor of ${known.prefix}`, "one we have no use for"));
    } else if (wrong !== undefined) faults.push(fault("gguf", where, ...wrong));
    else for (const [one, where] of placesOf(ours, place)) places.set(one, where);
  }
  return faults.length === 0 ? E.right(places) : E.left(faults.slice(0, 20));
};

const STORED = { f64: "F64", f32: "F32", f16: "F16", bf16: "BF16", i32: "I32" } as const;

export const infoOf = ({ stored: { type, bytes, shape: whole }, shape, form }: Place): TensorInfo => ({
  dtype: form === "fromZero" ? "F32" : STORED[type.dtype],
  shape,
  bytes: bytes / (form === "stacked" ? (whole[0] ?? 1) : 1),
});

/** The whole weight, as the checkpoint has it. */
export const readPlace = (file: GgufFile, { name, index, shape, form, width }: Place): Result<Tensor> =>
  pipe(
    index === undefined ? file.read(name) : file.readRows(name, index, 1),
    TE.map((found) => (form === undefined ? found : restored[form](found, width))),
    TE.map((found) => tensor(found.dtype, shape, found.data)),
  );

/**
 * The weight as the blocks that the file has, which lie along its rows: rows change places whole. Undefined where it is of
 * another type, or stored in a form that takes more than that.
 */
export const blocksAt = (file: GgufFile, place: Place | undefined): Blocks | undefined => {
  if (place === undefined || !(place.form === undefined || place.form === "paired")) return undefined;
  const { name, form, shape, width } = place;
  const found = file.blocks(name);
  if (form === undefined || found === undefined) return found;
  const read = TE.map((bytes: Uint8Array) => rowsInHalves(bytes, shape[0] ?? 0, width))(found.read);
  return { ...found, read };
};

const rowsOf = (whole: Tensor, first: number, count: number): Tensor => {
  const rest = whole.shape.slice(1);
  const row = sizeOf(rest);
  return tensor(whole.dtype, [count, ...rest], whole.data.slice(first * row, (first + count) * row));
};

/** The heads that the rows are of are read whole: a row's pair may be anywhere in its head. */
const pairedRows = (file: GgufFile, { name, shape, width }: Place, first: number, count: number): Result<Tensor> => {
  const from = Math.floor(first / width) * width;
  const to = Math.min(shape[0] ?? 0, Math.ceil((first + count) / width) * width);
  return pipe(
    file.readRows(name, from, to - from),
    TE.map((heads) => rowsOf(restored.paired(heads, width), first - from, count)),
  );
};

/** Whether its rows are had without the others. */
export const hasRows = (place: Place | undefined): boolean =>
  place !== undefined && (place.form === undefined || place.form === "paired");

/** Rows of a weight, as the checkpoint has it. */
export const readPlaceRows = (file: GgufFile, place: Place, first: number, count: number): Result<Tensor> => {
  const [rows = 0] = place.shape;
  const isRange = Number.isSafeInteger(first) && Number.isSafeInteger(count) && first >= 0 && first + count <= rows;
  if (place.form === undefined) return file.readRows(place.name, first, count);
  if (!isRange || count < 0) {
    const where = `${file.path} at ${clip(place.name)}`;
    return TE.left([fault("gguf", where, `rows within 0 to ${rows}`, `${count} rows from ${first}`)]);
  }
  if (place.form === "paired" && count > 0) return pairedRows(file, place, first, count);
  return pipe(
    readPlace(file, place),
    TE.map((whole) => rowsOf(whole, first, count)),
  );
};
