import * as t from "io-ts";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { decode } from "../../src/config.ts";
import { architecture, checkSizes, commonSettings, toDecoder } from "../../src/families/decoder.config.ts";
import type { Rope } from "../../src/rope.ts";
import { left, right } from "../either.ts";

const SIZES = {
  vocab_size: 11,
  hidden_size: 12,
  num_hidden_layers: 1,
  num_attention_heads: 3,
  intermediate_size: 5,
  eos_token_id: [],
};

const decoder = (change: object = {}) =>
  toDecoder(right(decode(t.type(commonSettings(77)))({ ...SIZES, ...change }, "c")), { kind: "default", theta: 1 });

test("what is absent follows from the rest", () => {
  const { kvHeads, headWidth, context, eps, tied, activation } = decoder();
  assert.equal([kvHeads, headWidth, context, eps, tied, activation], [3, 4, 77, 1e-6, false, "silu"]);
});

test("relations between sizes", () => {
  assert.equal(checkSizes(decoder(), "c"), []);
  assert.is(checkSizes(decoder({ num_key_value_heads: 2 }), "c").length, 1);
  assert.is(checkSizes(decoder({ num_attention_heads: 5 }), "c").length, 1);
  assert.is(checkSizes(decoder({ head_dim: 3 }), "c").length, 1);
});

test("a dynamic rope goes beyond the context it was made for", () => {
  const rope: Rope = { kind: "dynamic", theta: 1, factor: 2, originalContext: 77 };
  assert.is(toDecoder(right(decode(t.type(commonSettings(77)))(SIZES, "c")), rope).context, 154);
});

test("a rope fits the heads", () => {
  const faults = (rope: Rope) => checkSizes({ ...decoder({ head_dim: 8 }), rope }, "c");
  const long = { kind: "longrope", theta: 1, originalContext: 2, short: [1, 1, 1], magnitude: 1 } as const;
  assert.equal(faults({ ...long, partial: 0.75, long: [2, 2, 2] }), []);
  assert.is(faults({ ...long, long: [2, 2, 2, 2] }).length, 1);
  assert.is(faults({ kind: "default", theta: 1, partial: 0.5 }).length, 0);
  assert.is(faults({ kind: "default", theta: 1, partial: 0.4 }).length, 1);
  assert.is(faults({ kind: "default", theta: 1, partial: 0.1 }).length, 1);
  assert.is(faults({ kind: "dynamic", theta: 1, factor: 2, originalContext: 4, partial: 0.25 }).length, 1);
});

test("the architecture is absent or the right one", () => {
  const codec = architecture("LlamaForCausalLM");
  right(decode(codec)(undefined, "c"));
  right(decode(codec)(["LlamaForCausalLM"], "c"));
  for (const other of [[], ["LlamaModel"], "LlamaForCausalLM"]) left(decode(codec)(other, "c"));
});

test.run();
