// A model that takes its text in two pieces on a backend, against the evaluator's logits for the whole text.
import type { Backend } from "../backend.ts";
import { run } from "../backend.ts";
import { orThrow } from "../error.ts";
import { evaluate } from "../evaluate.ts";
import { cached } from "../passes/cached.ts";
import { simplify } from "../passes/simplify.ts";
import type { Tensors } from "../sizes.ts";
import { sizeOf, type Tensor, tensor, toF64 } from "../tensor.ts";
import type { RandomModel } from "./arbitrary-model.ts";
import { close } from "./close.ts";

const rows = (x: Tensor, from: number, to: number): Tensor => {
  const each = x.data.length / (x.shape[0] as number);
  return tensor(x.dtype, [to - from, ...x.shape.slice(1)], x.data.slice(from * each, to * each));
};

const joined = (a: Tensor, b: Tensor): Tensor =>
  tensor(
    "f32",
    [(a.shape[0] as number) + (b.shape[0] as number), ...b.shape.slice(1)],
    Float32Array.of(...toF64(a), ...toF64(b)),
  );

/** Throws unless tokens 0 to `cut`, then those behind them on the cache that they left, have the logits of all at once. */
export const takesPieces = async (
  backend: Backend,
  { graph, tensors, config }: RandomModel,
  cut: number,
): Promise<void> => {
  const made = orThrow(cached(graph));
  const simple = orThrow(simplify(made.graph));
  const wanted = orThrow(evaluate(graph, tensors)).logits as Tensor;
  const first = Math.min(config.tokens, cut + 1);
  let past: Tensors = Object.fromEntries(
    made.cache.map(({ input, row }) => {
      const shape = [1, ...(row as readonly number[])];
      return [input, tensor("f32", shape, new Float32Array(sizeOf(shape)))];
    }),
  );
  const pieces: readonly (readonly [number, number])[] = [
    [0, first],
    [first, config.tokens],
  ];
  for (const [from, to] of pieces) {
    if (from === to) continue;
    const tokens = rows(tensors.tokens as Tensor, from, to);
    const found = await run(backend, simple, { ...tensors, tokens, ...past });
    past = Object.fromEntries(
      made.cache.map(({ input, output }) => [input, joined(past[input] as Tensor, found[output] as Tensor)]),
    );
    close(found.logits as Tensor, rows(wanted, from, to), { rtol: 1e-4, of: "largest" });
  }
};
