// The CPU backend as users open it, and how a graph's outputs on it compare with the f64 evaluator's.
import {
  type Backend,
  evaluate,
  type Graph,
  input,
  orThrow,
  run,
  type Sizes,
  type Tensor,
  type Tensors,
} from "@depass/graph";
import { close, type Tolerance } from "@depass/graph/testing";
import { type CpuBackendOptions, cpu } from "../src/backend.ts";

export const open = (options: CpuBackendOptions = {}): Promise<Backend> => cpu(options)().then(orThrow);

/** An input that does nothing but say what T is, for graphs whose own inputs do not. */
export const binding = (graph: Graph, tensors: Tensors, sizes: Sizes): readonly [Graph, Tensors] => [
  { ...graph, ...Object.fromEntries(Object.keys(sizes).map((s) => [`size ${s}`, input(`size ${s}`, [s])])) },
  {
    ...tensors,
    ...Object.fromEntries(
      Object.entries(sizes).map(([s, n]) => [`size ${s}`, { dtype: "f32", shape: [n], data: new Float32Array(n) }]),
    ),
  } as Tensors,
];

/** Fails unless every output is the evaluator's to f32 rounding, relative to the output's largest value. */
export const sameOn = async (
  backend: Backend,
  source: Graph,
  given: Tensors,
  sizes: Sizes = {},
  tolerance: Tolerance = {},
): Promise<void> => {
  const [graph, tensors] = binding(source, given, sizes);
  same(Object.keys(source), await run(backend, graph, tensors), orThrow(evaluate(graph, tensors)), tolerance);
};

/** Fails unless the named tensors are the same to f32 rounding, relative to each one's largest value. */
export const same = (names: readonly string[], actual: Tensors, expected: Tensors, tolerance: Tolerance = {}): void => {
  for (const name of names)
    try {
      close(actual[name] as Tensor, expected[name] as Tensor, { rtol: 1e-5, atol: 1e-9, of: "largest", ...tolerance });
    } catch (e) {
      throw new Error(`${name}: ${(e as Error).message}`);
    }
};
