// One weight as ONNX Runtime wants it, f32: read in its stored type from the checkpoint and widened on the way. What is derived
// of several weights (fold.ts) is computed by a small session. Which are there and for how long is for store.ts to say.
import {
  type Expr,
  type Fault,
  type Faulty,
  fault,
  fromF16,
  nodesOf,
  rewrite,
  sameShape,
  showShape,
  sizeOf,
  type Tensor,
  type Weights,
  weight,
} from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { type Program, program } from "./program.ts";
import { keyOf } from "./segments.ts";
import { type OrtTensor, openSession, type Runtime, type Session } from "./session.ts";

/** bfloat16 is the upper half of a binary32. */
const widened = (bits: Uint16Array, out: Float32Array): Float32Array => {
  const words = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < bits.length; i++) words[i] = (bits[i] as number) << 16;
  return out;
};

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
  if (dtype === "f32") return data as Float32Array;
  const out = take(data.length);
  if (dtype === "bf16") return widened(data as Uint16Array, out);
  return dtype === "f16" ? halved(data, out) : copied(data, out);
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

/** What is wrong with a tensor that was read, if anything: it must be what was described before. */
const asDescribed = (name: string, weights: Weights, { dtype, shape, data }: Tensor): Fault | undefined => {
  const wanted = weights.describe(name);
  if (wanted === undefined) return undefined;
  const fits = dtype === wanted.dtype && data.length === sizeOf(wanted.shape) && sameShape(shape, wanted.shape);
  return fits
    ? undefined
    : fault(
        "dtype",
        `weight ${name}`,
        `${showShape(wanted.shape)} in ${wanted.dtype}, as described`,
        `${showShape(shape)} in ${dtype} with ${data.length} values`,
      );
};

/** Where the arrays of weights come from, and those that are done with go. */
export type Lending = { readonly take: Take; readonly give: (data: unknown) => void };

const readStored = async (
  { runtime, weights }: Origin,
  name: string,
  { take }: Lending,
): Promise<E.Either<readonly Fault[], OrtTensor>> => {
  const tensor = await weights.read(name)();
  if (E.isLeft(tensor)) return tensor;
  const misfit = asDescribed(name, weights, tensor.right);
  if (misfit !== undefined) return E.left([misfit]);
  return E.right(new runtime.Tensor("float32", asF32(tensor.right, take), tensor.right.shape));
};

const computed = async (origin: Origin, x: Expr, lending: Lending): Promise<E.Either<readonly Fault[], OrtTensor>> => {
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
    return expr === undefined ? readStored(origin, name, lending) : computed(origin, expr, lending);
  };
