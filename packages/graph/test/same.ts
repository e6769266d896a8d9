// Do two graphs compute the same outputs? What every pass must keep.
import * as assert from "uvu/assert";
import type { Sizes } from "../src/dim.ts";
import { evaluate } from "../src/evaluate.ts";
import type { Graph } from "../src/expr.ts";
import { show } from "../src/show.ts";
import type { Tensors } from "../src/sizes.ts";
import type { Tensor } from "../src/tensor.ts";
import { close, type Tolerance } from "../src/testing/index.ts";
import { right } from "./either.ts";

export const sameOutputs = (
  actual: Graph,
  expected: Graph,
  tensors: Tensors,
  sizes: Sizes = {},
  tolerance: Tolerance = {},
): void => {
  assert.equal(Object.keys(actual), Object.keys(expected));
  const [got, wanted] = [right(evaluate(actual, tensors, sizes)), right(evaluate(expected, tensors, sizes))];
  for (const [name, value] of Object.entries(wanted)) {
    try {
      close(got[name] as Tensor, value, { rtol: 1e-9, atol: 1e-12, of: "largest", ...tolerance });
    } catch (e) {
      throw new Error(`${name}: ${(e as Error).message}\n${show(expected)}\n\nbecame\n\n${show(actual)}`);
    }
  }
};

/** Whether a pass has nothing left to do: the second time every node stays. */
export const isIdempotent = (pass: (graph: Graph) => Graph, graph: Graph): void => {
  const once = pass(graph);
  assert.is(show(pass(once)), show(once));
};
