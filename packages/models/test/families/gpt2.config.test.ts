import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeGpt2Config } from "../../src/families/gpt2.config.ts";
import { left, right } from "../either.ts";
import { GPT2 } from "./configs.ts";

const decoded = (change: Readonly<Record<string, unknown>> = {}) => right(decodeGpt2Config({ ...GPT2, ...change }));
const refused = (change: Readonly<Record<string, unknown>>, words: string): void =>
  assert.match(left(decodeGpt2Config({ ...GPT2, ...change })), words);

test("GPT-2 as the hub has it", () => {
  const found = decoded();
  assert.equal([found.heads, found.headWidth, found.mlpWidth, found.context], [12, 64, 3072, 1024]);
  assert.equal([found.tied, found.activation, found.eos], [true, "geluTanh", [50_256]]);
  assert.equal([found.scaleOf(0), found.scaleOf(5)], [1 / 8, 1 / 8]);
});

test("scores may go without a scale, or be divided by the layer's number", () => {
  assert.is(decoded({ scale_attn_weights: false }).scaleOf(3), 1);
  assert.is(decoded({ scale_attn_by_inverse_layer_idx: true }).scaleOf(3), 1 / 8 / 4);
});

test("an MLP of another width and non-linearity", () => {
  const found = decoded({ n_inner: 100, activation_function: "gelu" });
  assert.equal([found.mlpWidth, found.activation], [100, "gelu"]);
});

test("what is not supported is named with its value", () => {
  refused({ activation_function: "tanh" }, 'activation_function: expected "gelu" or');
  refused({ activation_function: "tanh" }, 'got "tanh"');
  refused({ n_head: 7 }, "n_head: expected a divisor of n_embd (768), got 7");
  refused({ add_cross_attention: true }, "add_cross_attention: expected false, got true");
  refused({ rotary_pct: 1 }, "rotary_pct: expected settings known of gpt2");
  refused({ architectures: ["GPT2ForSequenceClassification"] }, 'expected a list with "GPT2LMHeadModel"');
});

test.run();
