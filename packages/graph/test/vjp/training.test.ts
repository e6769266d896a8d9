// The gradient of a whole model's loss: a Llama-shaped one, next tokens, every weight with the embedding.
import { pipe } from "fp-ts/lib/function.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { evaluate } from "../../src/evaluate.ts";
import type { Expr } from "../../src/expr.ts";
import * as nn from "../../src/nn.ts";
import { leavesOf, type Tensors } from "../../src/sizes.ts";
import * as s from "../../src/syntax.ts";
import { i32, type Tensor, toF64 } from "../../src/tensor.ts";
import { floatLeaves, tensorsFor } from "../../src/testing/index.ts";
import { vjp } from "../../src/vjp.ts";
import { direction, isDerivative, mapped } from "../derivative.ts";
import { right } from "../either.ts";

const test = suite("vjp/training");

const [V, D, I, heads, kvHeads, headWidth] = [11, 8, 12, 4, 2, 4] as const;

const w = (name: string, ...shape: number[]): Expr => s.weight(name, shape);
const norm = (name: string) => nn.rmsNorm(w(name, D), 1e-5);

const attention = (l: string) =>
  nn.attention({
    tokens: "T",
    heads,
    kvHeads,
    headWidth,
    q: w(`${l}.q`, heads * headWidth, D),
    k: w(`${l}.k`, kvHeads * headWidth, D),
    v: w(`${l}.v`, kvHeads * headWidth, D),
    o: w(`${l}.o`, D, heads * headWidth),
    rotary: nn.rotaryTables("T", [1, 0.1]),
  });

const mlp = (l: string) =>
  nn.gatedMlp({ activation: "silu", gate: w(`${l}.gate`, I, D), up: w(`${l}.up`, I, D), down: w(`${l}.down`, D, I) });

const layer = (l: string) => (x: Expr) =>
  pipe(
    x,
    nn.residual((y) => attention(l)(norm(`${l}.norm1`)(y))),
    nn.residual((y) => mlp(l)(norm(`${l}.norm2`)(y))),
  );

/** `tied`: the embedding is the unembedding too, and gets both gradients. */
const lossOf = (tied: boolean): Expr =>
  pipe(
    nn.embedding(w("embed", V, D), s.input("tokens", ["T"], "i32")),
    layer("0"),
    layer("1"),
    norm("norm"),
    nn.unembed(w(tied ? "embed" : "head", V, D)),
    nn.crossEntropy({ tokens: "T", vocabulary: V, targets: s.input("targets", ["T"], "i32") }),
  );

/** Words come twice, so that their rows of the embedding get two gradients. */
const text = [3, 1, 4, 1, 5, 9, 2, 6, 5];
const ids = { tokens: i32([8], text.slice(0, -1)), targets: i32([8], text.slice(1)) };

const sampleOf = (tied: boolean) => {
  const graph = { loss: lossOf(tied) };
  const gains = leavesOf(graph).flatMap(({ params: { name } }) => (name.includes("norm") ? [name] : []));
  const noisy = tensorsFor(graph, { T: 8 });
  const tensors = Object.entries(noisy).map(([name, t]) => [name, gains.includes(name) ? mapped(t, (x) => x + 1) : t]);
  return { graph, tensors: { ...Object.fromEntries(tensors), ...ids } as Tensors, sizes: { T: 8 } };
};

for (const tied of [false, true])
  test(`every weight of it, each by itself, by differences${tied ? "; with one matrix for words" : ""}`, () => {
    const sample = sampleOf(tied);
    const names = floatLeaves(sample.graph);
    assert.is(names.length, tied ? 20 : 21);
    for (const name of names) isDerivative(sample, direction(sample, [name]));
    isDerivative(sample, direction(sample, names));
  });

test("steps against the gradient learn the text by heart", () => {
  const { graph, tensors } = sampleOf(false);
  const wrt = floatLeaves(graph);
  const step = right(vjp(graph, { of: ["loss"], wrt, keep: ["loss"] }));
  let weights = tensors;
  const losses: number[] = [];
  for (let i = 0; i < 60; i++) {
    const found = right(evaluate(step, weights));
    losses.push(toF64(found.loss as Tensor)[0] ?? Number.NaN);
    const learnt = wrt.map((name) => {
      const slope = toF64(found[`grad.${name}`] as Tensor);
      return [name, mapped(weights[name] as Tensor, (x, k) => x - 0.1 * (slope[k] ?? 0))];
    });
    weights = { ...weights, ...Object.fromEntries(learnt) };
  }
  const [first = 0, last = 1] = [losses[0], losses.at(-1)];
  console.log(`loss ${first.toFixed(3)} to ${last.toFixed(3)} in 60 steps`);
  assert.ok(last < 0.2 * first, `${first} to ${last}`);
});

test.run();
