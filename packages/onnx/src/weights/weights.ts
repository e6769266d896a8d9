// One weight as ONNX Runtime wants it, f32: read in its stored type from the checkpoint and widened on the way. What is derived
// of several weights (fold.ts) is computed by a small session. Which are there and for how long is for store.ts to say.
import {
  type Expr,
  type Fault,
  type Faulty,
  fault,
  fromF16,
  type Node,
  nodesOf,
  type ReadRows,
  rewrite,
  sameShape,
  showShape,
  sizeOf,
  type Tensor,
  type Weights,
  weight,
} from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { type Program, program } from "../lower/program.ts";
import { keyOf } from "../plan/segments.ts";
import { freeNow } from "../runtime/free.ts";
import { type OrtTensor, openSession, type Runtime, type Session } from "../runtime/session.ts";

const UPPER = 0xffff0000 | 0;

/** bfloat16 is the upper half of a binary32. Two at a time, where they lie so, take two thirds of the time. */
const widened = (bits: Uint16Array, out: Float32Array): Float32Array => {
  const words = new Int32Array(out.buffer, out.byteOffset, out.length);
  const pairs = bits.byteOffset % 4 === 0 ? new Int32Array(bits.buffer, bits.byteOffset, bits.length >> 1) : NONE;
  for (let i = 0; i < pairs.length; i++) {
    const pair = pairs[i] as number;
    words[2 * i] = pair << 16;
    words[2 * i + 1] = pair & UPPER;
  }
  for (let i = 2 * pairs.length; i < bits.length; i++) words[i] = (bits[i] as number) << 16;
  return out;
};

const NONE = new Int32Array(0);

const halved = (bits: ArrayLike<number>, out: Float32Array): Float32Array => {
  for (let i = 0; i < bits.length; i++) out[i] = fromF16(bits[i] as number);
  return out;
};

const copied = (values: ArrayLike<number>, out: Float32Array): Float32Array => {
  out.set(values);
  return out;
};

type Take = (length: number) => Float32Array;

const ofItsOwn: Take = (length) => new Float32Array(length);

/** The values as f32, in an array that is taken; not copied where they are f32. */
export const asF32 = ({ dtype, data }: Tensor, take: Take = ofItsOwn): Float32Array => {
  return dtype === "f32" ? (data as Float32Array) : written({ dtype, data }, take(data.length));
};

/** The values as f32 in `out`, which is as long. */
export const written = ({ dtype, data }: Pick<Tensor, "dtype" | "data">, out: Float32Array): Float32Array => {
  if (dtype === "bf16") return widened(data as Uint16Array, out);
  return dtype === "f16" ? halved(data, out) : copied(data, out);
};

/** Each row times the gain, in place. */
const scaled = (rows: Float32Array, gain: Float32Array): Float32Array => {
  for (let begin = 0; begin < rows.length; begin += gain.length)
    for (let i = 0; i < gain.length; i++) rows[begin + i] = (rows[begin + i] as number) * (gain[i] as number);
  return rows;
};

type Derivation = { readonly program: Program; readonly session: Session };

/** The small sessions that derive weights, by what they compute. */
type Derivations = Map<string, Derivation>;

/** Where a graph's weights come from: a checkpoint, and for derived ones what they are of its weights. */
export type Origin = {
  readonly runtime: Runtime;
  readonly weights: Weights;
  readonly derived: ReadonlyMap<string, Expr>;
  readonly derivations: Derivations;
};

export const originOf = (runtime: Runtime, weights: Weights, derived: ReadonlyMap<string, Expr>): Origin => ({
  runtime,
  weights,
  derived,
  derivations: new Map(),
});

export const closeOrigin = ({ derivations }: Origin): void => {
  for (const { session } of derivations.values()) session.dispose();
  derivations.clear();
};

const derivation = async (
  runtime: Runtime,
  x: Expr,
  known: Derivations,
): Promise<E.Either<readonly Fault[], Derivation & { readonly names: ReadonlyMap<string, string> }>> => {
  const names = new Map<string, string>();
  for (const n of nodesOf({ x })) if (n.op === "weight") names.set(n.params.name, `w.${names.size}`);
  const graph = rewrite({ x }, (n) =>
    n.op === "weight" ? weight(names.get(n.params.name) as string, n.params.shape) : n,
  );
  const found = known.get(keyOf(graph));
  if (found !== undefined) return E.right({ ...found, names });
  const made = program(graph);
  if (E.isLeft(made)) return made;
  const session = await openSession(runtime, made.right.bytes)();
  if (E.isLeft(session)) return session;
  known.set(keyOf(graph), { program: made.right, session: session.right });
  return E.right({ program: made.right, session: session.right, names });
};

/** What is wrong with a tensor that was read, or with so many rows of it: it must be what was described before. */
export const misfitOf = (
  name: string,
  weights: Weights,
  { dtype, shape, data }: Tensor,
  rows?: number,
): Fault | undefined => {
  const described = weights.describe(name);
  if (described === undefined) return undefined;
  const wanted = rows === undefined ? described.shape : [rows, ...described.shape.slice(1)];
  const fits = dtype === described.dtype && data.length === sizeOf(wanted) && sameShape(shape, wanted);
  return fits
    ? undefined
    : fault(
        "dtype",
        `weight ${name}`,
        `${showShape(wanted)} in ${described.dtype}, as described`,
        `${showShape(shape)} in ${dtype} with ${data.length} values`,
      );
};

/** Where the arrays of weights come from, and those that are done with go. */
export type Lending = { readonly take: Take; readonly give: (data: unknown) => void };

const ITSELF: Lending = { take: ofItsOwn, give: () => undefined };

type Answer = Promise<E.Either<readonly Fault[], OrtTensor>>;

/** A weight of the checkpoint as f32, in an array that is taken where it is not f32 already; each row times a gain, if any. */
const readStored = async (origin: Origin, name: string, { take }: Lending, gain?: Float32Array): Answer => {
  const { runtime, weights } = origin;
  const rows = weights.rows?.(name);
  const described = weights.describe(name);
  if (rows !== undefined && described !== undefined && isPieced(described))
    return E.map((values: Float32Array) => new runtime.Tensor("float32", values, described.shape))(
      await readPieces(weights, name, rows, described.shape, take, gain),
    );
  const tensor = await weights.read(name)();
  if (E.isLeft(tensor)) return tensor;
  const misfit = misfitOf(name, weights, tensor.right);
  if (misfit !== undefined) return E.left([misfit]);
  const { data, shape } = tensor.right;
  const values =
    gain === undefined ? asF32(tensor.right, take) : scaled(written(tensor.right, take(data.length)), gain);
  return E.right(new runtime.Tensor("float32", values, shape));
};

/** Elements of a file that are in memory at once beside the values that they become. */
const PIECE = 2 ** 22;

/** Whether there is more in a file than the values: those of f32 are not copied. */
const isPieced = ({ dtype, shape }: Pick<Tensor, "dtype" | "shape">): boolean => dtype !== "f32" && shape.length > 1;

/** Rows after rows, their bytes given back at once. */
const readPieces = async (
  weights: Weights,
  name: string,
  rows: ReadRows,
  shape: readonly number[],
  take: Take,
  gain: Float32Array | undefined,
): Promise<E.Either<readonly Fault[], Float32Array>> => {
  const [all = 0, ...rest] = shape;
  const width = sizeOf(rest);
  const out = take(all * width);
  const most = Math.max(1, Math.floor(PIECE / Math.max(1, width)));
  for (let first = 0; first < all; first += most) {
    const count = Math.min(most, all - first);
    const read = await rows(first, count)();
    if (E.isLeft(read)) return read;
    const misfit = misfitOf(name, weights, read.right, count);
    if (misfit !== undefined) return E.left([misfit]);
    const part = written(read.right, out.subarray(first * width, (first + count) * width));
    if (gain !== undefined) scaled(part, gain);
    freeNow([read.right.data.buffer as ArrayBuffer]);
  }
  return E.right(out);
};

/** A matrix of the checkpoint times a gain (fold.ts), which needs no session: and none that gives back a copy of it. */
const scaledOf = (x: Expr | undefined): readonly [matrix: Node<"weight">, gain: Expr] | undefined => {
  const [matrix, gain] = x?.op === "mul" ? x.inputs : [];
  return matrix?.op === "weight" && gain !== undefined ? [matrix, gain] : undefined;
};

/** Whether a derived weight is made where it will lie. */
export const isInPlace = (x: Expr | undefined): boolean => scaledOf(x) !== undefined;

const readScaled = async (origin: Origin, name: string, gain: Expr, lending: Lending): Answer => {
  const own =
    gain.op === "weight" ? await readStored(origin, gain.params.name, ITSELF) : await computed(origin, gain, ITSELF);
  return E.isLeft(own) ? own : readStored(origin, name, lending, own.right.data as Float32Array);
};

const computed = async (origin: Origin, x: Expr, lending: Lending): Answer => {
  const { runtime, derivations } = origin;
  const made = await derivation(runtime, x, derivations);
  if (E.isLeft(made)) return made;
  const { program: own, session, names: renamed } = made.right;
  const feeds: Record<string, OrtTensor> = {};
  for (const [name, local] of renamed) {
    const tensor = await readStored(origin, name, lending);
    if (E.isLeft(tensor)) return tensor;
    feeds[local] = tensor.right;
  }
  const output = own.outputs.x as Program["outputs"][string];
  const shape = output.shape as readonly number[];
  const out = new runtime.Tensor("float32", lending.take(sizeOf(shape)), shape);
  const done = await session.run(feeds, { [output.tensor]: out })();
  for (const { data } of Object.values(feeds)) lending.give(data);
  return E.isLeft(done) ? done : E.right(out);
};

/** One weight as f32, read or derived of what is read. Faults: those of reading, another tensor than was described. */
export const readWeight =
  (origin: Origin, name: string, lending: Lending): Faulty<OrtTensor> =>
  () => {
    const expr = origin.derived.get(name);
    if (expr === undefined) return readStored(origin, name, lending);
    const [matrix, gain] = scaledOf(expr) ?? [];
    return matrix === undefined || gain === undefined
      ? computed(origin, expr, lending)
      : readScaled(origin, matrix.params.name, gain, lending);
  };
