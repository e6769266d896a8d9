// Does one pass backwards tell what a state, module, head or neuron on the way is made of, as the pass forward does? On tiny models
// of families that differ in it: biases, shifts of norms, norms behind modules, parallel layers, experts, multipliers.
import {
  type Backend,
  concat,
  equal,
  iota,
  less,
  mul,
  partsSeed,
  reference,
  reshape,
  type Seed,
  taylorRule,
} from "@depass/graph";
import { type Architecture, type Model, site } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { attribute } from "../../src/attribute.ts";
import { openBackend } from "../../src/backends.ts";
import { headLevel, mlpLevel, neuronLevel, tokenLevel } from "../../src/levels.ts";
import type { Attribution } from "../../src/result.ts";
import { configJson } from "../tiny.ts";
import { withFamily } from "./checkpoint.ts";

const test = suite("readings backwards");

const llama = { ...configJson(), head_dim: 8, architectures: undefined };
const { vocab_size } = llama;
const experts = { num_local_experts: 3, num_experts_per_tok: 2, head_dim: 8 };

const families: Readonly<Record<string, object>> = {
  llama,
  "llama with biases": { ...llama, attention_bias: true, mlp_bias: true },
  qwen2: { ...llama, model_type: "qwen2", head_dim: undefined },
  gemma2: { ...llama, model_type: "gemma2", rope_theta: undefined, sliding_window: 2, final_logit_softcapping: 3 },
  granite: { ...llama, model_type: "granite", residual_multiplier: 0.5, logits_scaling: 4 },
  gpt2: { model_type: "gpt2", vocab_size, n_embd: 12, n_layer: 2, n_head: 3, n_positions: 16 },
  "gpt-neox": {
    ...{ model_type: "gpt_neox", vocab_size, hidden_size: 16, num_hidden_layers: 2, num_attention_heads: 2 },
    ...{ intermediate_size: 24, max_position_embeddings: 32, use_parallel_residual: true },
  },
  mixtral: { ...llama, model_type: "mixtral", ...experts },
};

const levels = (a: Architecture): Readonly<Record<string, E.Either<unknown, Seed>>> => ({
  tokens: tokenLevel(a),
  mlp: mlpLevel(a, 0),
  heads: headLevel(a, 0),
  neurons: neuronLevel(a, 0, [5, 1]),
  "parts of one's own": E.right(halves(a)),
});
/** Two parts of a state that are not all of it, as a user writes them. */
const halves = ({ hidden }: Architecture): Seed =>
  partsSeed("halves", site.residPre(1), 2, (whole) => {
    const first = reshape(1, [1, 1, hidden])(less(iota(hidden), 3));
    const second = reshape(1, [1, 1, hidden])(equal(iota(hidden), 7));
    return mul(concat(-3, first, second), whole);
  });

const readings = [1, "layers.0.resid_mid", "layers.0.attn_out", "layers.1.mlp_out", "L0H1", "L1N3"];

type Asked = { readonly seed: Seed; readonly to: number | string };

const told = async (model: Model, backend: Backend, mode: "auto" | "forward", { seed, to }: Asked) => {
  const options = { backend, rule: taylorRule(), target: 7, seed, to, mode };
  return attribute(model, "on the Paris", options).catch((error: Error) => error.message);
};

const scoresOf = ({ parts }: Attribution): readonly number[] => parts.map(({ score }) => score);

/** How far apart, of the length of the scores or of what is explained. */
const apart = (a: Attribution, b: Attribution): number => {
  const [x, y] = [scoresOf(a), scoresOf(b)];
  assert.is(x.length, y.length);
  return Math.hypot(...x.map((s, i) => s - (y[i] as number))) / Math.hypot(b.explained, ...y);
};

/** How many were told backwards. Where `auto` refuses or goes forward, it is what the forward mode does. */
const agrees = async (model: Model, backend: Backend, tolerance: number): Promise<number> => {
  let backwards = 0;
  for (const [name, level] of Object.entries(levels(model.architecture))) {
    if (E.isLeft(level)) continue;
    for (const to of readings) {
      const [own, forward] = [
        await told(model, backend, "auto", { seed: level.right, to }),
        await told(model, backend, "forward", { seed: level.right, to }),
      ];
      if (typeof own === "string" || typeof forward === "string") {
        assert.is(own, forward, `${name} at ${to}`);
        continue;
      }
      const off = apart(own, forward);
      assert.ok(off <= tolerance, `${name} at ${to}: ${off}`);
      assert.ok(own.gap <= 2 * tolerance, `${name} at ${to}: gap ${own.gap}`);
      assert.is(own.to, forward.to);
      assert.ok(Math.abs(own.explained - forward.explained) <= tolerance * Math.max(1, Math.abs(forward.explained)));
      if (own.mode === "adjoint") backwards++;
    }
  }
  return backwards;
};

for (const [name, config] of Object.entries(families))
  test(`${name}: as forward, by the evaluator`, () =>
    withFamily(config, async (model) => {
      const told = await agrees(model, reference, 1e-9);
      assert.ok(told >= 8, `${told} readings told backwards`);
    }));

test("the same on a device", async () => {
  const opened = await openBackend({ backend: "cpu" })();
  if (E.isLeft(opened)) return console.log("skipped: readings on cpu: no ONNX Runtime here");
  await withFamily(families.gpt2 as object, async (model) => {
    assert.ok((await agrees(model, opened.right.backend, 1e-5)) >= 8);
  });
  await opened.right.backend.close();
});

test.run();
