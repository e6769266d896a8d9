// decompose() by hand: a small Llama, its twin graph, both run, the parts added up again. Then a seed, a rule and a
// twin of one's own: all three are ordinary expressions of the language.
import assert from "node:assert/strict";
import {
  at,
  attention,
  concat,
  type DecomposeOptions,
  decompose,
  div,
  type Expr,
  embedding,
  gatedMlp,
  i32,
  input,
  linear,
  mul,
  orThrow,
  partNames,
  partsName,
  type Rule,
  reference,
  reshape,
  residual,
  rmsNorm,
  rotaryTables,
  run,
  type Seed,
  show,
  showFaults,
  softmaxRule,
  type Tensor,
  tanh,
  tokenSeed,
  weight,
} from "@depass/graph";
import { webgpu } from "@depass/kernels";
import * as E from "fp-ts/lib/Either.js";
import { flow, pipe } from "fp-ts/lib/function.js";
import { randomWeights } from "./random-weights.ts";

// --- A model: two layers of the Llama kind, with a bias on the values as Qwen2 has it.

const [V, D, I, heads, kvHeads, headWidth] = [20, 24, 40, 4, 2, 6] as const;
const rotary = rotaryTables("T", [1, 0.1, 0.01]);

const block = (layer: number) => {
  const name = (part: string): string => `layers.${layer}.${part}`;
  const matrix = (part: string, out: number, of: number): Expr => weight(name(part), [out, of]);
  const norm = (part: string) => rmsNorm(weight(name(part), [D]), 1e-6);
  const attend = attention({
    tokens: "T",
    heads,
    kvHeads,
    headWidth,
    rotary,
    q: matrix("q", heads * headWidth, D),
    k: matrix("k", kvHeads * headWidth, D),
    v: { weight: matrix("v", kvHeads * headWidth, D), bias: weight(name("v.bias"), [kvHeads * headWidth]) },
    o: matrix("o", D, heads * headWidth),
  });
  const mlp = gatedMlp({
    activation: "silu",
    gate: matrix("gate", I, D),
    up: matrix("up", I, D),
    down: matrix("down", D, I),
  });
  return flow(
    residual(flow(norm("norm1"), attend), { branch: name("attn_out"), stream: name("mid") }),
    residual(flow(norm("norm2"), mlp), { branch: name("mlp_out"), stream: name("out") }),
  );
};

const model = pipe(
  embedding(weight("embed", [V, D]), input("tokens", ["T"], "i32")),
  at("embedded"),
  block(0),
  block(1),
  rmsNorm(weight("norm", [D]), 1e-6),
  linear(weight("head", [V, D])),
);

// --- Its decomposition: parts begin as the tokens' embeddings, MLP neurons are split by DePass's softmax rule.

const decomposed = orThrow(decompose(model, { seed: tokenSeed("embedded"), rule: softmaxRule(0.1) }));
const lines = show(decomposed.graph).split("\n");
const before = show(model).split("\n").length - 1;
const gates = lines.findIndex((line) => line.includes("split"));
console.log(`decompose() turned ${before} nodes into ${lines.length - 1}. Around the first MLP:
${lines
  .slice(gates - 8, gates + 4)
  .map((line) => `\n  ${line}`)
  .join("")}
`);

const count = (exactness: string): number => decomposed.report.filter((twin) => twin.exactness === exactness).length;
console.log(`${decomposed.report.length} nodes carry parts:
  ${count("exact")} exactly as they are (linear maps, sums, reshapes),
  ${count("frozen")} linear once a factor is taken from the whole (norm scales, attention weights),
  ${count("rule")} by the rule (the gated neurons of each MLP)
`);

// --- Both graphs run; what the parts sum to is what the model said.

const gpu = await webgpu()();
const backend = E.isRight(gpu) ? gpu.right : reference;
const ids = [3, 14, 15, 9, 2, 6];
const tensors = { tokens: i32([ids.length], ids), ...randomWeights({ model }, 11) };

/** The sum over the parts, and the largest error against the whole. */
const summed = (parts: Tensor | undefined, whole: Tensor | undefined): number => {
  assert.ok(parts && whole);
  const size = whole.data.length;
  const error = (value: number, i: number): number => {
    let sum = 0;
    for (let place = i; place < parts.data.length; place += size) sum += parts.data[place] ?? Number.NaN;
    return Math.abs(sum - value);
  };
  return Math.max(...[...whole.data].map(error));
};

const { output } = await run(backend, model, tensors);
const both = await run(backend, decomposed, tensors);
const gap = summed(both[partsName("output")], output);
assert.ok(gap < 1e-4);
const names = partNames(decomposed.layout, ids.map(String));
console.log(`On ${backend.name}: ${names.length} parts (one for each of ${ids.length} tokens, then bias and remainder)
sum to all ${output?.data.length} logits within ${gap.toExponential(1)}.
`);

// --- A seed of one's own: not one part per token but one for the stream, one for what the first attention added.

const inFront = reshape(2, [1, "T", D]);
const firstAttention: Seed = {
  name: "stream and first attention",
  site: "layers.0.mid",
  named: 2,
  tokenLevel: false,
  parts: (_whole, valueAt) => concat(-3, inFront(valueAt("embedded")), inFront(valueAt("layers.0.attn_out"))),
};

// --- A rule of one's own: of a neuron, each part gets its share of the gate's input (no answer at a gate of 0).

const proportional: Rule = {
  name: "proportional",
  split: (gateParts, { gate, neurons }) => mul(gateParts, div(neurons, gate)),
};

const own = orThrow(decompose(model, { seed: firstAttention, rule: proportional }));
const ownRun = await run(backend, own, tensors);
const ownGap = summed(ownRun[partsName("output")], output);
assert.ok(ownGap < 1e-3);
console.log(`A seed and a rule of one's own: parts ${partNames(own.layout, ["stream", "attention"]).join(", ")}, gap \
${ownGap.toExponential(1)}.`);

// --- A twin of one's own. Logits behind a tanh, as in Gemma, are not linear; decompose() refuses rather than guesses.

const capped = at("capped")(tanh(model));
const options: DecomposeOptions = { seed: tokenSeed("embedded"), rule: softmaxRule() };
const refused = decompose(capped, options);
assert.ok(E.isLeft(refused));
console.log(`\nWithout a twin for tanh: ${showFaults(refused.left)}`);

const capTwin: DecomposeOptions["twins"] = {
  tanh: (n) => ({
    kind: "parts",
    exactness: "rule",
    needs: [0],
    build: (partsOf) => mul(partsOf(0), div(tanh(n.inputs[0] as Expr), n.inputs[0] as Expr)), // no answer at 0 either
  }),
};
const withTwin = orThrow(decompose(capped, { ...options, twins: capTwin }));
const cappedRun = await run(backend, withTwin, tensors);
const cappedGap = summed(cappedRun[partsName("output")], cappedRun.output);
assert.ok(cappedGap < 1e-4);
console.log(`With a twin that scales all parts alike: gap ${cappedGap.toExponential(1)}.`);

await backend.close();
