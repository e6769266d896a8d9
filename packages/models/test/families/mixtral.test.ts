import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeMixtralConfig } from "../../src/families/mixtral.ts";
import { left, right } from "../either.ts";
import { MIXTRAL, without } from "./configs.ts";

const refused = (change: Readonly<Record<string, unknown>>, words: string): void =>
  assert.match(left(decodeMixtralConfig({ ...MIXTRAL, ...change })), words);

test("Mixtral-8x7B as the hub has it", () => {
  const found = right(decodeMixtralConfig(MIXTRAL));
  assert.equal([found.experts, found.chosen, found.expertWidth, found.normalized], [8, 2, 14_336, true]);
  assert.is(found.window, undefined);
  assert.equal(found.rope, { kind: "default", theta: 1e6 });
});

test("theta has a default of its own, and a newer place", () => {
  const bare = without(MIXTRAL, "rope_theta");
  assert.is(right(decodeMixtralConfig(bare)).rope.theta, 1e6);
  const group = { rope_type: "default", rope_theta: 500 };
  assert.is(right(decodeMixtralConfig({ ...bare, rope_parameters: group })).rope.theta, 500);
});

test("what is not supported is named with its value", () => {
  refused({ num_experts_per_tok: 9 }, "num_experts_per_tok: expected at most the number of experts (8), got 9");
  refused({ sliding_window: 0 }, "sliding_window: expected a positive integer, got 0");
  refused({ num_local_experts: 0 }, "num_local_experts: expected a positive integer, got 0");
  refused({ shared_expert_intermediate_size: 4 }, "expected settings known of mixtral");
});

test.run();
