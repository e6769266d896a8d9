// Weights for a model that nobody has trained: the same numbers for the same seed, on every machine.
import { f32, type Graph, leavesOf, sizeOf, type Tensor, type Tensors } from "@depass/graph";

/** Numbers in [-1, 1), one after the other (mulberry32). */
export const uniform = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), 61 | bits);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
};

/** Rows of about unit length; a norm's gain lies around 1. */
const randomTensor = (name: string, shape: readonly number[], next: () => number): Tensor => {
  const spread = shape.length > 1 ? Math.sqrt(3 / (shape.at(-1) ?? 1)) : 0.2;
  const around = /gain|norm/.test(name) && !name.endsWith("bias") ? 1 : 0;
  return f32(
    shape,
    Array.from({ length: sizeOf(shape) }, () => around + spread * next()),
  );
};

/** One tensor for every weight that a graph names. */
export const randomWeights = (graph: Graph, seed: number): Tensors => {
  const next = uniform(seed);
  const weights: Record<string, Tensor> = {};
  for (const { op, params } of leavesOf(graph))
    if (op === "weight") weights[params.name] ??= randomTensor(params.name, params.shape.map(Number), next);
  return weights;
};
