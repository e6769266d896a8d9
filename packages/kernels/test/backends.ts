// The WebGPU backend as users open it, and how a graph's outputs on it compare with the f64 evaluator's.
import {
  type Backend,
  evaluate,
  type Graph,
  input,
  orThrow,
  run,
  type Sizes,
  showFaults,
  type Tensor,
  type Tensors,
} from "@depass/graph";
import { close, type Tolerance } from "@depass/graph/testing";
import * as E from "fp-ts/lib/Either.js";
import { type WebGpuBackend, type WebGpuOptions, webgpu } from "../src/backend.ts";

const named = process.env.DEPASS_ADAPTER;

/** The backend in a list, or none and a line that says why. */
export const open = async (what: string, options: WebGpuOptions = {}): Promise<readonly WebGpuBackend[]> => {
  const opened = await webgpu({ ...options, ...(named === undefined ? {} : { adapter: named }) })();
  if (E.isRight(opened)) return [opened.right];
  console.log(`skipped: ${what}: ${showFaults(opened.left)}`);
  return [];
};

/** An input that does nothing but say what T is, for graphs whose own inputs do not. */
const binding = (graph: Graph, tensors: Tensors, sizes: Sizes): readonly [Graph, Tensors] => [
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
  const expected = orThrow(evaluate(graph, tensors));
  const actual = await run(backend, graph, tensors);
  for (const name of Object.keys(source))
    try {
      close(actual[name] as Tensor, expected[name] as Tensor, { rtol: 1e-5, atol: 1e-9, of: "largest", ...tolerance });
    } catch (e) {
      throw new Error(`${name}: ${(e as Error).message}`);
    }
};
