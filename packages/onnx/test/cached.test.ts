// Models that take their text in pieces, on ONNX Runtime: the same logits as the evaluator's for the whole text.
import { cached, evaluate, orThrow, run, simplify, type Tensor, type Tensors, tensor, toF64 } from "@depass/graph";
import { models } from "@depass/graph/testing";
import fc from "fast-check";
import { suite } from "uvu";
import { open, same } from "./backends.ts";
import { fuzz } from "./seed.ts";

const test = suite("cached");
const backend = await open();

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

test("random models in two pieces", () =>
  fc.assert(
    fc.asyncProperty(models, fc.nat(5), async ({ graph, tensors, config }, cut) => {
      const made = orThrow(cached(graph));
      const simple = orThrow(simplify(made.graph));
      const wanted = orThrow(evaluate(graph, tensors)).logits as Tensor;
      const first = Math.min(config.tokens, cut + 1);
      let past: Tensors = Object.fromEntries(
        made.cache.map(({ input, row }) => {
          const shape = [1, ...(row as readonly number[])];
          return [input, tensor("f32", shape, new Float32Array(shape.reduce((a, b) => a * b)))];
        }),
      );
      for (const [from, to] of [
        [0, first],
        [first, config.tokens],
      ] as const) {
        if (from === to) continue;
        const tokens = rows(tensors.tokens as Tensor, from, to);
        const found = await run(backend, simple, { ...tensors, tokens, ...past });
        past = Object.fromEntries(
          made.cache.map(({ input, output }) => [input, joined(past[input] as Tensor, found[output] as Tensor)]),
        );
        same(["logits"], found, { logits: rows(wanted, from, to) }, { rtol: 1e-4 });
      }
    }),
    fuzz(25),
  ));

test.run();
