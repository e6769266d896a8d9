// What do scores explain where logits are scaled, and bent by a softcap? Tiny checkpoints of such families, as a user has them.
import { taylorRule } from "@depass/graph";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AttributeOptions, attribute } from "../../src/attribute.ts";
import type { Attribution } from "../../src/result.ts";
import { configJson } from "../tiny.ts";
import { withFamily } from "./checkpoint.ts";

const test = suite("scores");

const PROMPT = "on the Paris";

const explained = (change: object, options: AttributeOptions = {}): Promise<Attribution> =>
  withFamily({ ...configJson(), head_dim: 8, architectures: undefined, ...change }, (model) =>
    attribute(model, PROMPT, { backend: { backend: "reference" }, ...options }),
  );

const isNear = (a: number, b: number, what: string): void =>
  assert.ok(Math.abs(a - b) <= 1e-9 * Math.abs(b), `${what}: ${a}, expected ${b}`);

test("a scale of the logits is in the scores", async () => {
  const granite = { model_type: "granite", residual_multiplier: 0.5, logits_scaling: 4 };
  const [scaled, plain] = [await explained(granite), await explained({ ...granite, logits_scaling: 1 })];
  assert.not.ok("explained" in scaled.target);
  isNear(scaled.total, scaled.target.logit, "the sum");
  scaled.parts.forEach(({ name, score }, i) => {
    isNear(score * 4 + 1, (plain.parts[i]?.score ?? 0) + 1, name);
  });
});

test("under taylor a model with biases is explained backwards, and they are all that tokens lack", async () => {
  const biased = { model_type: "qwen2", head_dim: undefined };
  const [back, forward] = [
    await explained(biased, { rule: taylorRule() }),
    await explained(biased, { rule: taylorRule(), mode: "forward" }),
  ];
  assert.is(back.mode, "adjoint");
  assert.ok(back.gap < 1e-9, `${back.gap}`);
  assert.ok(Math.abs(back.parts.at(-2)?.score ?? 0) > 1e-3);
  back.parts.forEach(({ name, score }, i) => {
    isNear(score + 1, (forward.parts[i]?.score ?? 0) + 1, name);
  });
});

test("a softcap is behind the scores, and the result says so", async () => {
  const { target, total, gap } = await explained({
    model_type: "gemma2",
    rope_theta: undefined,
    sliding_window: 2,
    final_logit_softcapping: 3,
  });
  const { logit, softcap } = target.explained ?? { logit: Number.NaN, softcap: Number.NaN };
  assert.is(softcap, 3);
  isNear(total, logit, "the sum");
  isNear(target.logit, 3 * Math.tanh(logit / 3), "the logit");
  assert.ok(Math.abs(target.logit - logit) > 0.01, "the softcap should bend something");
  assert.ok(gap < 1e-9, `${gap}`);
});

test.run();
