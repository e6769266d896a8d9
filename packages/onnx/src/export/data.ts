// What lies in the file beside the model, and where? Weights in their stored type and large constants, one after the other,
// each from a page of its own on, as ONNX asks of files that are mapped into memory. One is in memory at a time.
import { type Fault, type Faulty, fault, type RunOptions, sizeOf, type Tensor, type Weights } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { elementTypes, type TensorProto } from "../lower/proto.ts";
import { aborted } from "../runtime/aborted.ts";
import { attempt, type Sink } from "./place.ts";

/** A tensor of the data file: its size is known at once, its bytes when its turn comes. */
export type Piece = {
  readonly name: string;
  readonly dataType: number;
  readonly dims: readonly number[];
  readonly bytes: number;
  readonly load: Faulty<Uint8Array>;
};

type Described = NonNullable<ReturnType<Weights["describe"]>>;

const PAGE = 4096; // bytes
/** Constants of more bytes are not kept in the model itself. */
const MOST_INLINE = 1024;

/** How a weight is stored; ONNX Runtime has no kernels for f64 throughout, and nothing here computes in it. */
const storedTypes = { f64: "f32", f32: "f32", f16: "f16", bf16: "bf16", i32: "i32" } as const;
const widths = { f32: 4, f16: 2, bf16: 2, i32: 4 } as const;

export const storedType = ({ dtype }: Described): keyof typeof widths => storedTypes[dtype];

const bytesOf = ({ dtype, data }: Tensor): Uint8Array => {
  const held = dtype === "f64" ? Float32Array.from(data) : data;
  return new Uint8Array(held.buffer, held.byteOffset, held.byteLength);
};

const isAs = (described: Described, found: Tensor): boolean =>
  found.dtype === described.dtype &&
  found.shape.join() === described.shape.join() &&
  found.data.length === sizeOf(found.shape);

/** `name` is the weight's own, `as` what the file calls it. */
export const weightPiece = (name: string, as: string, described: Described, weights: Weights): Piece => ({
  name: as,
  dataType: elementTypes[storedType(described)],
  dims: described.shape,
  bytes: sizeOf(described.shape) * widths[storedType(described)],
  load: pipe(
    weights.read(name),
    TE.filterOrElse(
      (found) => isAs(described, found),
      (found): readonly Fault[] => [
        fault(
          "weight",
          `weight ${name}`,
          `${described.dtype} [${described.shape}]`,
          `${found.dtype} [${found.shape}] with ${found.data.length} values`,
        ),
      ],
    ),
    TE.map(bytesOf),
  ),
});

/** Constants as they were collected: those that stay in the model, and those that do not. */
export const splitConstants = (
  all: readonly TensorProto[],
): { readonly inline: readonly TensorProto[]; readonly pieces: readonly Piece[] } => ({
  inline: all.filter(({ rawData }) => (rawData?.length ?? 0) <= MOST_INLINE),
  pieces: all.flatMap(({ name = "", dataType, dims, rawData }) =>
    rawData !== undefined && rawData.length > MOST_INLINE
      ? [{ name, dataType, dims, bytes: rawData.length, load: TE.right(rawData) }]
      : [],
  ),
});

export type Placed = { readonly piece: Piece; readonly offset: number };

export const placed = (pieces: readonly Piece[]): readonly Placed[] => {
  let end = 0;
  return pieces.map((piece) => {
    const offset = Math.ceil(end / PAGE) * PAGE;
    end = offset + piece.bytes;
    return { piece, offset };
  });
};

/** Where a reader of the model finds a tensor; `location` is the data file's name, in the model's folder. */
export const reference = ({ piece, offset }: Placed, location: string): TensorProto => ({
  dims: piece.dims,
  dataType: piece.dataType,
  name: piece.name,
  externalData: [
    { key: "location", value: location },
    { key: "offset", value: `${offset}` },
    { key: "length", value: `${piece.bytes}` },
  ],
  dataLocation: 1,
});

const MOST_AT_ONCE = 2 ** 30; // bytes; Node refuses single writes of 2 GiB

export const writeAll = async (handle: Sink, bytes: Uint8Array, position: number): Promise<void> => {
  let done = 0;
  while (done < bytes.length) {
    const length = Math.min(MOST_AT_ONCE, bytes.length - done);
    done += (await handle.write(bytes, done, length, position + done)).bytesWritten;
  }
};

const heard = ({ signal }: RunOptions): Faulty<void> =>
  TE.fromIOEither(() => (signal?.aborted === true ? E.left(aborted("export")) : E.right(undefined)));

/** Faults: those of the weights and of the disk, an abort. */
export const writeData =
  (all: readonly Placed[], path: string, options: RunOptions) =>
  (handle: Sink): Faulty<void> => {
    const write = (done: number, { piece, offset }: Placed): Faulty<void> =>
      pipe(
        heard(options),
        TE.tapIO(() => () => options.progress?.({ done, total: all.length, what: piece.name })),
        TE.flatMap(() => piece.load),
        TE.flatMap((bytes) => attempt(path, "to write", () => writeAll(handle, bytes, offset))),
      );
    return pipe(
      all,
      TE.traverseSeqArrayWithIndex(write),
      TE.flatMap(() => heard(options)),
    );
  };
