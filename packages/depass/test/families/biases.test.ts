// Does one pass backwards tell a model's biases as the pass forward does? On checkpoints whose biases other programs wrote,
// and on random ones: each level's parts and its bias, which are all of the logit.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  type Backend,
  decompose,
  f32,
  type Graph,
  gather,
  i32,
  input,
  orThrow,
  partsName,
  prune,
  reference,
  type Tensor,
  type Tensors,
  taylorRule,
  toF64,
  type Weights,
  weightsOf,
} from "@depass/graph";
import { noise } from "@depass/graph/testing";
import { type Architecture, namedFor, openCheckpoint, weightsIn } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { adjointGraph, beginnings, scoresIn } from "../../src/adjoint.ts";
import { openBackend } from "../../src/backends.ts";
import type { ScoredSeed } from "../../src/level.ts";
import { attentionLevel, headLevel, mlpLevel, neuronLevel, tokenLevel } from "../../src/levels.ts";
import { architectureFor, randomWeights } from "./law.ts";

const test = suite("biases");

const TOKENS = [1, 7, 3, 3, 0, 9];
const parts = TOKENS.map((_, i) => ({ name: `${i}`, tokens: [i] }));

const levels = (a: Architecture): Readonly<Record<string, E.Either<unknown, ScoredSeed>>> => ({
  "tokens from layer 0": tokenLevel(a),
  "tokens from layer 1": tokenLevel(a, 1),
  "attention of layer 1": attentionLevel(a, 1),
  "MLP of layer 1": mlpLevel(a, 1),
  "heads of layer 1": headLevel(a, 1),
  "neurons of layer 0": neuronLevel(a, 0, [5, 1]),
});

const ran = async (backend: Backend, graph: Graph, weights: Weights, inputs: Tensors): Promise<Tensors> => {
  const runner = await backend.prepare(graph, weights)().then(orThrow);
  const out = await runner.run(inputs)().then(orThrow);
  runner.dispose();
  return out;
};

type Told = { readonly scores: readonly number[]; readonly bias: number | undefined };

/** Both ways, along a direction of no meaning. */
const bothWays = async (backend: Backend, architecture: Architecture, weights: Weights, seed: ScoredSeed) => {
  const { hidden, normed } = architecture;
  const direction = Float32Array.from({ length: hidden }, (_, d) => noise(d, 3));
  const inputs = { tokens: i32([TOKENS.length], TOKENS), position: i32([1], [TOKENS.length - 1]) };
  const rule = taylorRule();
  const last = gather(-2, input("position", [1], "i32"))(normed);
  const { graph, layout } = orThrow(decompose({ last }, { seed, rule }));
  const out = await ran(backend, prune(["last", partsName("last")])(graph), weights, inputs);
  const states = toF64(out[partsName("last")] as Tensor);
  const forward = Array.from({ length: states.length / hidden }, (_, m) =>
    direction.reduce((sum, w, d) => sum + w * (states[m * hidden + d] as number), 0),
  );
  const named = forward.length - (layout.bias === undefined ? 1 : 2);
  const back = orThrow(adjointGraph(architecture, rule, beginnings(seed)));
  const given = { ...inputs, direction: f32([hidden], direction) };
  const all = scoresIn(architecture, await ran(backend, back, weights, given));
  const whole = toF64(out.last as Tensor).reduce((sum, x, d) => sum + x * (direction[d] as number), 0);
  const forwards: Told = { scores: forward.slice(0, named), bias: layout.bias && forward[named] };
  const backwards: Told = { scores: seed.scoresFrom(all, parts), bias: all.bias };
  return { forwards, backwards, whole };
};

const agrees = async (
  backend: Backend,
  tolerance: number,
  architecture: Architecture,
  weights: Weights,
  areZero: boolean,
): Promise<void> => {
  let told = 0;
  for (const [name, level] of Object.entries(levels(architecture))) {
    const seed = E.isRight(level) ? level.right : assert.unreachable(name);
    if (seed === undefined) return;
    const { forwards, backwards, whole } = await bothWays(backend, architecture, weights, seed);
    // Where a layer's branches are parallel, what goes beside the attention is no place, and the pass backwards says so.
    const open = backwards.scores.flatMap((s, i) => (Number.isNaN(s) ? [] : [i]));
    const size = Math.hypot(whole, ...forwards.scores);
    for (const i of open) {
      const off = Math.abs((backwards.scores[i] as number) - (forwards.scores[i] as number));
      assert.ok(off <= tolerance * size, `${name}, part ${i}: off by ${off / size}`);
    }
    assert.is(backwards.bias === undefined, forwards.bias === undefined, name);
    const [bias = 0, expected = 0] = [backwards.bias, forwards.bias];
    assert.ok(Math.abs(bias - expected) <= tolerance * size, `${name}, bias: ${bias}, forward ${expected}`);
    if (Math.abs(expected) > 100 * tolerance * size) told++;
    if (open.length < backwards.scores.length) continue;
    const total = backwards.scores.reduce((a, b) => a + b, bias);
    // Twice, for both sides are rounded.
    assert.ok(Math.abs(total - whole) <= 2 * tolerance * size, `${name}: ${total} of ${whole}`);
  }
  assert.ok(areZero ? told === 0 : told >= 2, `biases far above the tolerance at ${told} levels only`);
};

const onBoth = async (architecture: Architecture, weights: Weights, areZero = false): Promise<void> => {
  await agrees(reference, 1e-9, architecture, weights, areZero);
  const opened = await openBackend({ backend: "cpu" })();
  if (E.isLeft(opened)) return console.log("skipped: biases on cpu: no ONNX Runtime here");
  await agrees(opened.right.backend, 1e-5, architecture, weights, areZero);
  await opened.right.backend.close();
};

const goldens = fileURLToPath(new URL("../../../../../shared/goldens/", import.meta.url));

for (const name of ["gpt2", "qwen2", "llama-biased", "gpt-neox"])
  test(`${name} as it was written elsewhere`, async () => {
    if (!existsSync(`${goldens}${name}`)) return console.log(`skipped: biases of ${name}: no ../shared/goldens`);
    const checkpoint = await openCheckpoint(`${goldens}${name}`)().then(orThrow);
    const architecture = architectureFor(checkpoint.config);
    // Qwen2 begins its training with biases of zero, and this one was not trained.
    await onBoth(architecture, weightsIn(namedFor(architecture, checkpoint)), name === "qwen2");
    await checkpoint.close();
  });

const random: Readonly<Record<string, object>> = {
  gpt2: { model_type: "gpt2", vocab_size: 11, n_embd: 12, n_layer: 2, n_head: 3, n_positions: 8 },
  qwen2: {
    model_type: "qwen2",
    vocab_size: 11,
    hidden_size: 12,
    intermediate_size: 20,
    num_hidden_layers: 2,
    num_attention_heads: 3,
    num_key_value_heads: 1,
    max_position_embeddings: 16,
  },
};

for (const [name, config] of Object.entries(random))
  test(`${name} with random weights`, async () => {
    const architecture = architectureFor(config);
    const logits = architecture.unembed(architecture.normed);
    await onBoth(architecture, weightsOf(randomWeights({ logits })));
  });

test.run();
