// A transformer learns from nothing, in less than a minute on the CPU, then says where an answer of it came from. It
// learns to go on repeating: a pattern of letters, new in each sequence, comes again and again, so that the loss
// cannot fall below what the patterns themselves tell.
import assert from "node:assert/strict";
import {
  adamw,
  advance,
  at,
  attention,
  columns,
  crossEntropy,
  decompose,
  disposeAll,
  type Expr,
  embedding,
  gatedMlp,
  i32,
  initialState,
  linear,
  orThrow,
  partNames,
  readAll,
  residual,
  rmsNorm,
  rotaryTables,
  run,
  softmaxRule,
  type Tensors,
  times,
  tokenSeed,
  trainingStep,
  type Values,
  warmupCosine,
  weight,
  weightsOf,
} from "@depass/graph";
import { cpu } from "@depass/onnx";
import { flow, pipe } from "fp-ts/lib/function.js";
import { randomWeights, uniform } from "./random-weights.ts";

// --- The model: like Llama, two layers. T, the tokens of a sequence, stays open; several sequences lie side by side.

const [V, D, heads, F, I, layers] = [16, 64, 4, 16, 128, 2] as const;
const rotary = rotaryTables(
  "T",
  Array.from({ length: F / 2 }, (_, i) => 100 ** ((-2 * i) / F)),
);

const layer =
  (sequences: number) =>
  (x: Expr, l: number): Expr => {
    const matrix = (part: string, out: number, of: number): Expr => weight(`layers.${l}.${part}`, [out, of]);
    const norm = (part: string) => rmsNorm(weight(`layers.${l}.${part}_norm`, [D]), 1e-5);
    const [q, k, v, o] = [matrix("q", D, D), matrix("k", D, D), matrix("v", D, D), matrix("o", D, D)];
    const [gate, up, down] = [matrix("gate", I, D), matrix("up", I, D), matrix("down", D, I)];
    return pipe(
      x,
      residual(flow(norm("attn"), attention({ tokens: "T", sequences, heads, headWidth: F, q, k, v, o, rotary }))),
      residual(flow(norm("mlp"), gatedMlp({ activation: "silu", gate, up, down }))),
    );
  };

const logits = (sequences: number): Expr =>
  pipe(
    embedding(weight("embed", [V, D]), columns("tokens", "T", sequences)),
    at("embedded"),
    (x) => [...Array(layers).keys()].reduce(layer(sequences), x),
    rmsNorm(weight("norm", [D]), 1e-5),
    linear(weight("head", [V, D])),
  );

// --- The data: a pattern of 4 to 8 different letters, repeated to 32 letters and one to come.

const [S, T] = [16, 32] as const;
const [shortest, longest] = [4, 8] as const;
const next = uniform(4);
const below = (n: number): number => Math.floor(((next() + 1) / 2) * n);

const sequence = (): readonly number[] => {
  const alphabet = [...Array(V).keys()];
  const pattern = Array.from({ length: shortest + below(longest - shortest + 1) }, () =>
    Number(alphabet.splice(below(alphabet.length), 1)),
  );
  return Array.from({ length: T + 1 }, (_, t) => pattern[t % pattern.length] as number);
};

const batch = (): Tensors => {
  const all = Array.from({ length: S }, sequence);
  const columns = (from: number) =>
    i32(
      [T, S],
      Array.from({ length: T * S }, (_, k) => all[k % S]?.[from + Math.floor(k / S)] ?? 0),
    );
  return { tokens: columns(0), targets: columns(1) };
};

/** Nats that a sequence tells once its first letter is known: how long the pattern is, and its further letters. */
const entropy = (): number => {
  const lengths = Array.from({ length: longest - shortest + 1 }, (_, i) => shortest + i);
  const further = (length: number): number =>
    Array.from({ length: length - 1 }, (_, i) => Math.log(V - 1 - i)).reduce((a, b) => a + b, 0);
  return Math.log(lengths.length) + lengths.reduce((sum, n) => sum + further(n) / lengths.length, 0);
};

const least = entropy() / T;
/** Who does not see the repeating pays about ln V a letter; a twentieth of that is left for what is not yet perfect. */
const bound = least + 0.05 * Math.log(V);

// --- Training: one graph, whose parameters and optimizer state stay on the backend from step to step.

const [steps, shown] = [700, 50] as const;
const loss = crossEntropy({ tokens: times("T", S), vocabulary: V, targets: columns("targets", "T", S) })(logits(S));
const optimizer = adamw({ rate: warmupCosine({ peak: 3e-3, warmup: 50, total: steps, floor: 1e-4 }) });
const step = orThrow(trainingStep(loss, { optimizer, clip: 1 }));

const nats = (x: number): string => `${x.toFixed(3)} nats`;
const backend = orThrow(await cpu()());
console.log(`A transformer of ${layers} layers learns to go on repeating, on ${backend.device}.
Where nothing is known a letter costs ${nats(Math.log(V))}, and on average it costs at least ${nats(least)}:
every pattern is new.
`);

/** A quarter a block. */
const bar = (x: number): string => (x < 0 ? "░" : "█").repeat(Math.round(4 * Math.abs(x)));

const trained = async (): Promise<readonly [state: Tensors, loss: number]> => {
  const runner = orThrow(await backend.prepare(step, weightsOf({}))());
  let state: Values = initialState(randomWeights({ loss }, 1), optimizer);
  let mean = Number.NaN;
  const losses: number[] = [];
  for (let n = 1; n <= steps; n++) {
    const { state: next, told } = orThrow(await advance(runner, state, batch())());
    state = next;
    losses.push(told.loss?.data[0] ?? Number.NaN);
    if (n % shown !== 0) continue;
    // Every batch is new, so this is how well it does on what it has never seen.
    mean = losses.slice(-shown).reduce((sum, x) => sum + x / shown, 0);
    const [from, to] = [n - shown + 1, n].map((m) => `${m}`.padStart(3));
    console.log(`  steps ${from} to ${to}   loss ${mean.toFixed(3)}  ${bar(4 * mean)}`);
  }
  const learnt = orThrow(await readAll(state)());
  disposeAll(state);
  runner.dispose();
  return [learnt, mean];
};

const [parameters, reached] = await trained();
assert.ok(reached < bound, `the loss is ${reached}, and should be below ${bound}`);
console.log(`\nThe last ${shown} batches cost ${nats(reached)} a letter, below ${nats(bound)}.`);

// --- Explained: the same model on one sequence, and the parts that its letters have in an answer.

const name = (letter: number): string => String.fromCharCode(97 + letter);
const pattern = [2, 14, 11, 0, 7];
const prompt = [...pattern, ...pattern, ...pattern.slice(0, 3)];
const tokens = i32([prompt.length, 1], prompt);
const { graph, layout } = orThrow(
  decompose({ logits: logits(1) }, { seed: tokenSeed("embedded"), rule: softmaxRule() }),
);
const { logits: all, "logits.parts": parts } = await run(backend, graph, { tokens, ...parameters });
assert.ok(all && parts);
const answers = [...all.data.slice(-V)];
const best = answers.indexOf(Math.max(...answers));
const scores = partNames(layout, prompt.map(name)).map((part, m) => {
  const score = parts.data[(m * prompt.length + prompt.length - 1) * V + best] ?? Number.NaN;
  return { part, score };
});
console.log("\nA pattern that begins again, the answer to it, and what each letter supplied to that:\n");
console.log(`  ${prompt.map(name).join(" ")} → ${name(best)}, logit ${answers[best]?.toFixed(3)}\n`);
for (const { part, score } of scores)
  console.log(`  ${part.padEnd(10)}${score.toFixed(3).padStart(8)}  ${bar(score)}`.trimEnd());

const total = scores.reduce((sum, { score }) => sum + score, 0);
assert.ok(Math.abs(total - (answers[best] ?? Number.NaN)) < 1e-3, `the parts sum to ${total}`);
assert.equal(best, pattern[3], "the answer is what stood behind this letter before");
const supplied = (letter: number): number =>
  scores.reduce((sum, { score }, m) => sum + (prompt[m] === letter ? score : 0), 0);
for (const other of pattern.filter((letter) => letter !== best))
  assert.ok(supplied(best) > supplied(other), `${name(other)} supplied more than the letter that is copied`);
await backend.close();
