// Weights without a checkpoint: bf16 noise of the size that training starts from, made when a tensor is asked for. Which
// values does not matter for the time, as long as they are ordinary numbers: no zeros, no denormals, nothing that overflows.
import { type Graph, leavesOf, type Tensor, tensor, type Weights } from "@depass/graph";
import * as TE from "fp-ts/lib/TaskEither.js";

/** Elements of the noise that every tensor repeats; odd, so that rows differ. */
const period = 2 ** 20 - 3;
/** Standard deviation of a fresh weight. */
const spread = 0.02;

const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);
const toBf16 = (x: number): number => {
  float[0] = x;
  return (word[0] as number) >>> 16;
};

/** xorshift32, uniform with the wanted spread. */
const noise = (): Uint16Array => {
  let state = 2463534242;
  return Uint16Array.from({ length: period }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return toBf16((((state >>> 0) + 0.5) / 2 ** 31 - 1) * spread * Math.sqrt(3));
  });
};

const filled = (shape: readonly number[], source: Uint16Array): Tensor => {
  const data = new Uint16Array(shape.reduce((a, b) => a * b, 1));
  if (shape.length === 1) return tensor("bf16", shape, data.fill(toBf16(1)));
  for (let at = 0; at < data.length; at += source.length) data.set(source.subarray(0, data.length - at), at);
  return tensor("bf16", shape, data);
};

/** Vectors (the norms' gains) are ones, matrices noise. */
export const randomWeights = (graph: Graph): Weights => {
  const wanted = new Map(
    leavesOf(graph).flatMap((l) =>
      l.op === "weight" ? [[l.params.name, l.params.shape as readonly number[]] as const] : [],
    ),
  );
  const source = noise();
  return {
    describe: (name) => {
      const shape = wanted.get(name);
      return shape === undefined ? undefined : { dtype: "bf16", shape };
    },
    read: (name) => TE.fromIO(() => filled(wanted.get(name) ?? [], source)),
  };
};
