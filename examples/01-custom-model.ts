// A transformer of one's own: written as an expression, checked, printed, run, and asked where its answer came from.
// It is of no known family: learned positions, LayerNorm, attention and MLP side by side, one piece made of primitives.
import assert from "node:assert/strict";
import {
  add,
  at,
  attention,
  check,
  decompose,
  div,
  type Expr,
  embedding,
  evaluate,
  exp,
  freeze,
  gather,
  i32,
  input,
  iota,
  layerNorm,
  less,
  linear,
  matmul,
  mlp,
  mul,
  neg,
  orThrow,
  partNames,
  reference,
  reshape,
  run,
  show,
  showFaults,
  softmaxRule,
  tokenSeed,
  weight,
  where,
} from "@depass/graph";
import { webgpu } from "@depass/kernels";
import * as E from "fp-ts/lib/Either.js";
import { randomWeights } from "./random-weights.ts";

// --- The model. T, the number of tokens, stays open: one graph serves every prompt.

const vocabulary = ["the", "a", "cat", "dog", "mat", "sofa", "sat", "slept", "on", "under"];
const [T, V, D, heads, layers] = ["T", vocabulary.length, 16, 4, 2] as const;

const matrix = (name: string, out: number, of: number): Expr => weight(name, [out, of]);

/** A norm, then attention and MLP on the same normed state, both added to the stream at once. */
const block = (x: Expr, layer: number): Expr => {
  const name = (part: string): string => `layers.${layer}.${part}`;
  const square = (part: string): Expr => matrix(name(part), D, D);
  const normed = layerNorm(weight(name("gain"), [D]), weight(name("shift"), [D]), 1e-5)(x);
  const attended = attention({
    tokens: T,
    heads,
    headWidth: D / heads,
    q: square("q"),
    k: square("k"),
    v: square("v"),
    o: square("o"),
  })(normed);
  const neurons = mlp({
    activation: "gelu",
    up: { weight: matrix(name("up"), 4 * D, D), bias: weight(name("up_bias"), [4 * D]) },
    down: matrix(name("down"), D, 4 * D),
  })(normed);
  return at(name("out"))(add(x, add(attended, neurons)));
};

/** Of our own, from primitives: the mean of a token and all before it, let through by a gate. */
const recent = (x: Expr): Expr => {
  const token = reshape(1, [T, 1])(iota(T));
  const causalMean = where(less(token, iota(T)), 0, div(1, add(token, 1)));
  const gate = div(1, add(1, exp(neg(linear(matrix("recent.gate", D, D))(x)))));
  return at("recent")(add(x, mul(freeze(gate), matmul(causalMean, x))));
};

const tokens = input("tokens", [T], "i32");
const positions = gather(-2, iota(T))(weight("positions", [32, D]));
const words = embedding(matrix("words", V, D), tokens);
const stream = recent(at("embedded")(add(words, positions)));
const last = layerNorm(
  weight("gain", [D]),
  weight("shift", [D]),
  1e-5,
)([...Array(layers).keys()].reduce(block, stream));
const model = { logits: linear(matrix("unembed", V, D))(last) };

// --- Checked: every shape is known before anything runs, and a mistake has a name.

orThrow(check(model));
const mistake = check({ logits: at("head")(linear(matrix("unembed", V, 15))(last)) });
assert.ok(E.isLeft(mistake));

// --- Printed.

const lines = show(model).split("\n");
console.log(`A small transformer, defined in examples/01-custom-model.ts as one expression. The graph of it:

${[...lines.slice(0, 16), `… ${lines.length - 18} more`, ...lines.slice(-2)].map((line) => `  ${line}`).join("\n")}

It was checked before anything ran. A mistake would have been told like this:

  ${showFaults(mistake.left)}
`);

// --- Run: on WebGPU where there is an adapter, else with the evaluator in plain JavaScript.

const gpu = await webgpu()();
const backend = E.isRight(gpu) ? gpu.right : reference;
const prompt = ["the", "cat", "sat", "on", "the"];
const ids = i32(
  [prompt.length],
  prompt.map((word) => vocabulary.indexOf(word)),
);
const tensors = { tokens: ids, ...randomWeights(model, 7) };

const { logits } = await run(backend, model, tensors);
const { logits: expected } = orThrow(evaluate(model, tensors));
assert.ok(logits && expected);
const error = Math.max(...logits.data.map((value, i) => Math.abs(value - (expected.data[i] ?? Number.NaN))));
assert.ok(error < 1e-4, `the backend is ${error} away from the evaluator`);

const answers = [...logits.data.slice(-V)];
const best = answers.indexOf(Math.max(...answers));
const why = E.isRight(gpu) ? gpu.right.gpu.why : showFaults(gpu.left);
console.log(`It runs on ${backend.name}, ${backend.device}: ${why}.

  "${prompt.join(" ")}" → "${vocabulary[best]}", logit ${answers[best]?.toFixed(4)}
  largest difference from the same graph in f64: ${error.toExponential(1)}

The weights are random, so the word means nothing. Where its logit came from can be told all the same: what each word
supplied, what the model adds whatever the prompt (bias), and what is in no part (remainder).
`);

// --- Explained: decompose() makes a second graph, which carries one part for each token to the logits.

const { graph, layout } = orThrow(decompose(model, { seed: tokenSeed("embedded"), rule: softmaxRule() }));
const parts = (await run(backend, graph, tensors))["logits.parts"]; // [M, T, V]
assert.ok(parts);
const scores = partNames(layout, prompt).map((name, m) => {
  const score = parts.data[(m * prompt.length + prompt.length - 1) * V + best] ?? Number.NaN;
  return { name, score };
});
const total = scores.reduce((sum, { score }) => sum + score, 0);
assert.ok(Math.abs(total - (answers[best] ?? Number.NaN)) < 1e-4);

for (const { name, score } of scores) {
  const bar = (score < 0 ? "░" : "█").repeat(Math.round(16 * Math.abs(score)));
  console.log(`  ${name.padEnd(10)}${score.toFixed(4).padStart(8)}  ${bar}`.trimEnd());
}
console.log(`  ${"sum".padEnd(10)}${total.toFixed(4).padStart(8)}  = the logit

Next, the same for a real checkpoint (Llama or Qwen2; a folder with config.json, safetensors and tokenizer.json):

  npm start -- attribute --model FOLDER --prompt "The capital of France is"
  npm start -- --help
`);

await backend.close();
