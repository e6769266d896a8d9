import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeGptNeoxConfig } from "../../src/families/gpt-neox.config.ts";
import { left, right } from "../either.ts";
import { PYTHIA, without } from "./configs.ts";

const decoded = (config: Readonly<Record<string, unknown>>) => right(decodeGptNeoxConfig(config));
const refused = (change: Readonly<Record<string, unknown>>, words: string): void =>
  assert.match(left(decodeGptNeoxConfig({ ...PYTHIA, ...change })), words);

test("Pythia as the hub has it", () => {
  const found = decoded(PYTHIA);
  assert.equal([found.headWidth, found.rope.partial, found.parallel, found.tied], [64, 0.25, true, false]);
  assert.equal(
    [found.activation, found.rope, found.attentionBias],
    ["gelu", { kind: "default", theta: 10_000, partial: 0.25 }, true],
  );
});

test("the share that is turned has two names and a default", () => {
  const bare = without(PYTHIA, "rotary_pct", "rotary_emb_base");
  assert.is(decoded(bare).rope.partial, 0.25);
  const group = { rope_type: "default", rope_theta: 500, partial_rotary_factor: 0.5 };
  const found = decoded({ ...bare, rope_parameters: group });
  assert.equal([found.rope.partial, found.rope.theta], [0.5, 500]);
  assert.is(decoded({ ...PYTHIA, rotary_pct: 1 }).rope.partial, 1);
});

test("names that differ are refused, and shares that fit no head", () => {
  const group = { rope_type: "default", partial_rotary_factor: 0.5 };
  refused({ rope_parameters: group }, "partial_rotary_factor: expected the same as before (0.25), got 0.5");
  refused({ rope_theta: 500 }, "rope_theta: expected the same as rotary_emb_base (10000), got 500");
  refused({ rotary_pct: 0.05 }, "rotary_pct: expected a share that turns an even number of a head's 64 columns");
  refused({ rotary_pct: 2 }, "rotary_pct: expected a share");
});

test("what is not supported is named with its value", () => {
  refused({ hidden_act: "tanh" }, 'got "tanh"');
  refused({ num_attention_heads: 7 }, "num_attention_heads: expected a divisor of hidden_size (512), got 7");
  refused({ rope_scaling: { type: "spiral" } }, "rope_scaling.rope_type");
  refused({ sliding_window: 4 }, "sliding_window: expected settings known of gpt_neox");
});

test.run();
