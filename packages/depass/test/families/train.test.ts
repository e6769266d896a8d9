// A Llama trained on the CPU against the f64 evaluator: several sequences at once, the state with the backend or by the host.
import {
  adamw,
  columns,
  crossEntropy,
  evaluate,
  f32,
  i32,
  initialState,
  leavesOf,
  nextState,
  orThrow,
  sizeOf,
  type Tensor,
  type Tensors,
  times,
  trainingStep,
  warmupCosine,
  weightsOf,
} from "@depass/graph";
import { close, noise, trainsAlike } from "@depass/graph/testing";
import { decodeLlamaConfig, llama } from "@depass/models";
import { cpu } from "@depass/onnx";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const test = suite("train");

const backend = orThrow(await cpu()());

const [V, S, T] = [7, 3, 5] as const;

const config = {
  model_type: "llama",
  vocab_size: V,
  hidden_size: 8,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 4,
  intermediate_size: 12,
  rms_norm_eps: 1e-5,
  rope_theta: 100,
};

const { normed, unembed } = llama(orThrow(decodeLlamaConfig(config, "a small Llama")), S);
const loss = crossEntropy({ tokens: times("T", S), vocabulary: V, targets: columns("targets", "T", S) })(
  unembed(normed),
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
const tolerance = { rtol: 1e-3, atol: 1e-6, of: "largest" } as const;

const embed = "model.embed_tokens.weight";

test("steps that feed each other are the evaluator's, and leave what they read as it was", async () => {
  const optimizer = adamw({ rate: warmupCosine({ peak: 0.05, warmup: 2, total: 6 }), eps });
  const step = orThrow(trainingStep(loss, { optimizer, clip: 0.5 }));
  const runner = orThrow(await backend.prepare(step, weightsOf({}))());
  let state = initialState(parameters, optimizer);
  let expected = state;
  for (let n = 0; n < 4; n++) {
    const before = Float32Array.from(state[embed]?.data ?? []);
    const outputs = orThrow(await runner.run({ ...state, ...batchOf(n) })());
    const wanted = orThrow(evaluate(step, { ...expected, ...batchOf(n) }));
    for (const name of Object.keys(step)) close(outputs[name] as Tensor, wanted[name] as Tensor, tolerance);
    assert.equal(state[embed]?.data, before);
    state = nextState(outputs);
    expected = nextState(wanted);
  }
  assert.is(state.step?.data[0], 4);
  assert.not.equal(state[embed]?.data, parameters[embed]?.data);
  runner.dispose();
});

test("a state that stays with the backend is the one that goes round", async () => {
  const optimizer = adamw({ rate: warmupCosine({ peak: 0.05, warmup: 2, total: 6 }), eps });
  const step = orThrow(trainingStep(loss, { optimizer, clip: 0.5 }));
  const batches = [0, 1, 2, 3].map(batchOf);
  await trainsAlike(backend, step, initialState(parameters, optimizer), batches, tolerance);
});

test.run();
