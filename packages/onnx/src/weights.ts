// Weights as ONNX Runtime wants them, f32, each read once: in their stored type from the checkpoint, widened on the way, and
// given to every run as they lie. What is derived of several weights (fold.ts) is computed by a small session.
import {
  type Expr,
  type Fault,
  type Faulty,
  fault,
  fromF16,
  nodesOf,
  type RunOptions,
  rewrite,
  sameShape,
  showShape,
  sizeOf,
  type Tensor,
  type Weights,
  weight,
} from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { aborted } from "./aborted.ts";
import { type Program, program } from "./program.ts";
import { keyOf } from "./segments.ts";
import { type OrtTensor, openSession, type Runtime, type Session } from "./session.ts";

/** bfloat16 is the upper half of a binary32. */
const widened = (bits: Uint16Array): Float32Array => {
  const out = new Float32Array(bits.length);
  const words = new Uint32Array(out.buffer);
  for (let i = 0; i < bits.length; i++) words[i] = (bits[i] as number) << 16;
  return out;
};

/** The values as f32; not copied where they are. */
export const asF32 = ({ dtype, data }: Tensor): Float32Array => {
  if (dtype === "f32") return data as Float32Array;
  if (dtype === "bf16") return widened(data as Uint16Array);
  return dtype === "f16" ? Float32Array.from(data, fromF16) : Float32Array.from(data);
};

export type Held = ReadonlyMap<string, OrtTensor>;

type Derivation = { readonly program: Program; readonly session: Session };

/** The small sessions that derive weights, by what they compute. */
type Derivations = Map<string, Derivation>;

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

/** Reads the named weights, and computes those that are derived. Faults: those of reading, an abort. */
export const holdWeights =
  (
    runtime: Runtime,
    names: readonly string[],
    derived: ReadonlyMap<string, Expr>,
    weights: Weights,
    options: RunOptions,
  ): Faulty<Held> =>
  async () => {
    const known: Derivations = new Map();
    const held = new Map<string, OrtTensor>();
    const read = async (name: string): Promise<E.Either<readonly Fault[], OrtTensor>> => {
      const found = held.get(name);
      if (found !== undefined) return E.right(found);
      const tensor = await weights.read(name)();
      if (E.isLeft(tensor)) return tensor;
      const misfit = asDescribed(name, weights, tensor.right);
      if (misfit !== undefined) return E.left([misfit]);
      return E.right(new runtime.Tensor("float32", asF32(tensor.right), tensor.right.shape));
    };
    const compute = async (x: Expr): Promise<E.Either<readonly Fault[], OrtTensor>> => {
      const made = await derivation(runtime, x, known);
      if (E.isLeft(made)) return made;
      const { program: own, session, names: renamed } = made.right;
      const feeds: Record<string, OrtTensor> = {};
      for (const [name, local] of renamed) {
        const tensor = await read(name);
        if (E.isLeft(tensor)) return tensor;
        feeds[local] = tensor.right;
      }
      const output = own.outputs.x as Program["outputs"][string];
      const shape = output.shape as readonly number[];
      const out = new runtime.Tensor("float32", new Float32Array(sizeOf(shape)), shape);
      const done = await session.run(feeds, { [output.tensor]: out })();
      return E.isLeft(done) ? done : E.right(out);
    };
    for (const [done, name] of names.entries()) {
      options.progress?.({ done, total: names.length, what: "reading weights" });
      const expr = derived.get(name);
      const tensor = options.signal?.aborted
        ? E.left(aborted("run"))
        : await (expr === undefined ? read(name) : compute(expr));
      if (E.isLeft(tensor)) return tensor;
      held.set(name, tensor.right);
    }
    for (const { session } of known.values()) session.dispose();
    return E.right(held);
  };
