import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeQwen3MoeConfig } from "../../src/families/qwen3-moe.ts";
import { left, right } from "../either.ts";
import { QWEN3_MOE, without } from "./configs.ts";

const decoded = (change: Readonly<Record<string, unknown>> = {}) =>
  right(decodeQwen3MoeConfig({ ...QWEN3_MOE, ...change }));
const refused = (change: Readonly<Record<string, unknown>>, words: string): void =>
  assert.match(left(decodeQwen3MoeConfig({ ...QWEN3_MOE, ...change })), words);

test("Qwen3-30B-A3B as the hub has it", () => {
  const found = decoded();
  assert.equal([found.experts, found.chosen, found.expertWidth, found.mlpWidth], [128, 8, 768, 6144]);
  assert.equal([found.headWidth, found.attentionBias, found.normalized], [128, false, true]);
});

test("which layers choose among experts", () => {
  const sparse = (change: Readonly<Record<string, unknown>>): readonly boolean[] =>
    [0, 1, 2, 3].map(decoded(change).isSparse);
  assert.equal(sparse({}), [true, true, true, true]);
  assert.equal(sparse({ decoder_sparse_step: 2 }), [false, true, false, true]);
  assert.equal(sparse({ mlp_only_layers: [0, 2] }), [false, true, false, true]);
  assert.equal(sparse({ decoder_sparse_step: 2, mlp_only_layers: [3] }), [false, true, false, false]);
});

test("the number of experts under its old name and its new one", () => {
  const bare = without(QWEN3_MOE, "num_experts");
  assert.is(right(decodeQwen3MoeConfig({ ...bare, num_local_experts: 64 })).experts, 64);
  refused({ num_local_experts: 64 }, "num_local_experts: expected the same as num_experts (128), got 64");
  assert.match(left(decodeQwen3MoeConfig(bare)), "num_experts: expected a positive integer, got nothing");
});

test("what is not supported is named with its value", () => {
  refused(
    { use_sliding_window: true, sliding_window: 4096 },
    "use_sliding_window: expected false, or no sliding_window, got true with a sliding_window of 4096",
  );
  refused({ num_experts_per_tok: 129 }, "num_experts_per_tok: expected at most the number of experts (128), got 129");
  refused({ mlp_only_layers: ["1"] }, "mlp_only_layers");
  refused({ shared_expert_intermediate_size: 4 }, "expected settings known of qwen3_moe");
});

test.run();
