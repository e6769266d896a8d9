// Training steps on ONNX Runtime against the f64 evaluator: a model with everything that Llama has, several sequences at once.
import {
  adamw,
  attention,
  crossEntropy,
  type Expr,
  embedding,
  evaluate,
  f32,
  gatedMlp,
  i32,
  initialState,
  input,
  leavesOf,
  linear,
  nextState,
  orThrow,
  reshape,
  residual,
  rmsNorm,
  rotaryTables,
  sizeOf,
  type Tensors,
  times,
  trainingStep,
  warmupCosine,
  weight,
  weightsOf,
} from "@depass/graph";
import { noise, smallTraining, trainsAlike } from "@depass/graph/testing";
import { flow, pipe } from "fp-ts/lib/function.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { open, same } from "./backends.ts";

const test = suite("train");

const backend = await open();

const [V, D, I, S, T] = [7, 8, 12, 3, 5] as const;
const w = (name: string, ...shape: number[]): Expr => weight(name, shape);
const norm = (name: string) => rmsNorm(w(name, D), 1e-5);
const column = (name: string): Expr => reshape(2, [times("T", S)])(input(name, ["T", S], "i32"));
const rotary = rotaryTables("T", [1, 0.1]);

const layer = (l: number) => {
  const name = (part: string): string => `${l}.${part}`;
  const [q, k, v, o] = [w(name("q"), 16, D), w(name("k"), 8, D), w(name("v"), 8, D), w(name("o"), D, 16)];
  const [gate, up, down] = [w(name("gate"), I, D), w(name("up"), I, D), w(name("down"), D, I)];
  return flow(
    residual(
      flow(
        norm(name("norm1")),
        attention({ tokens: "T", sequences: S, heads: 4, kvHeads: 2, headWidth: 4, q, k, v, o, rotary }),
      ),
    ),
    residual(flow(norm(name("norm2")), gatedMlp({ activation: "silu", gate, up, down }))),
  );
};

const loss = pipe(
  embedding(w("embed", V, D), column("tokens")),
  layer(0),
  layer(1),
  norm("norm"),
  linear(w("head", V, D)),
  crossEntropy({ tokens: times("T", S), vocabulary: V, targets: column("targets") }),
);

const parameters: Tensors = Object.fromEntries(
  leavesOf({ loss }).flatMap(({ op, params: { name, shape } }, i) => {
    const numbers = shape.map(Number);
    const values = Array.from({ length: sizeOf(numbers) }, (_, k) => (numbers.length === 1 ? 1 : 0) + noise(k, i) / 2);
    return op === "weight" ? [[name, f32(numbers, values)]] : [];
  }),
);

const batchOf = (n: number): Tensors => {
  const ids = (seed: number) =>
    i32(
      [T, S],
      Array.from({ length: T * S }, (_, k) => Math.floor(((noise(k, seed) + 1) / 2) * V)),
    );
  return { tokens: ids(2 * n), targets: ids(2 * n + 1) };
};

// As wide as the gradients' own size: where they are next to nothing, a smaller one would show their rounding.
const eps = 1e-3;

test("steps that feed each other are the evaluator's, and leave what they read as it was", async () => {
  const optimizer = adamw({ rate: warmupCosine({ peak: 0.05, warmup: 2, total: 6 }), eps });
  const step = orThrow(trainingStep(loss, { optimizer, clip: 0.5 }));
  const runner = orThrow(await backend.prepare(step, weightsOf({}))());
  let state = initialState(parameters, optimizer);
  let expected = state;
  for (let n = 0; n < 4; n++) {
    const before = Float32Array.from(state.embed?.data ?? []);
    const outputs = orThrow(await runner.run({ ...state, ...batchOf(n) })());
    const wanted = orThrow(evaluate(step, { ...expected, ...batchOf(n) }));
    same(Object.keys(step), outputs, wanted, { rtol: 1e-3, atol: 1e-6 });
    assert.equal(state.embed?.data, before);
    state = nextState(outputs);
    expected = nextState(wanted);
  }
  assert.is(state.step?.data[0], 4);
  assert.not.equal(state.embed?.data, parameters.embed?.data);
  runner.dispose();
});

test("a state that stays with the backend is the one that goes round", async () => {
  await smallTraining(backend);
  const optimizer = adamw({ rate: warmupCosine({ peak: 0.05, warmup: 2, total: 6 }), eps });
  const step = orThrow(trainingStep(loss, { optimizer, clip: 0.5 }));
  const batches = [0, 1, 2, 3].map(batchOf);
  await trainsAlike(backend, step, initialState(parameters, optimizer), batches, { rtol: 1e-3, atol: 1e-6 });
});

test.run();
