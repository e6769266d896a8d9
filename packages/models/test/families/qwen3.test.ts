import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeQwen3Config } from "../../src/families/qwen3.ts";
import { left, right } from "../either.ts";
import { without } from "./configs.ts";
import { QWEN3 } from "./hub.ts";

test("Qwen3-0.6B as the hub has it", () => {
  const found = right(decodeQwen3Config(QWEN3));
  assert.equal([found.headWidth, found.hidden, found.attentionBias, found.tied], [128, 1024, false, true]);
  assert.ok(found.windows.every((w) => w === undefined));
  assert.is(right(decodeQwen3Config(without({ ...QWEN3, head_dim: 64 }, "head_dim"))).headWidth, 128);
});

test("with a yarn rope, as its card says", () => {
  const rope_scaling = { rope_type: "yarn", factor: 4.0, original_max_position_embeddings: 32_768 };
  assert.is(right(decodeQwen3Config({ ...QWEN3, rope_scaling })).rope.kind, "yarn");
});

test("windows from max_window_layers on", () => {
  const change = { num_hidden_layers: 3, use_sliding_window: true, sliding_window: 9, max_window_layers: 2 };
  assert.equal(right(decodeQwen3Config({ ...QWEN3, ...change })).windows, [undefined, undefined, 9]);
});

test("what is not supported is named", () => {
  assert.match(left(decodeQwen3Config({ ...QWEN3, num_experts: 8 })), "num_experts: expected settings known of qwen3");
});

test.run();
