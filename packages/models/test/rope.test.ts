import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeRope, inverseFrequencies, type Rope } from "../src/rope.ts";
import { left, right } from "./either.ts";
import { fuzz } from "./seed.ts";

const decode = (config: Readonly<Record<string, unknown>>) => decodeRope(config, "config.json");

const FACTORS = { factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 16 };
const LLAMA3: Rope = {
  kind: "llama3",
  theta: 1e4,
  factor: 8,
  lowFreqFactor: 1,
  highFreqFactor: 4,
  originalContext: 16,
};

test("both spellings, and none", () => {
  assert.equal(right(decode({})), { kind: "default", theta: 10_000 });
  assert.equal(right(decode({ rope_theta: 5e5, rope_scaling: null })), { kind: "default", theta: 5e5 });
  assert.equal(right(decode({ rope_parameters: { rope_theta: 5e5, rope_type: "default" } })), {
    kind: "default",
    theta: 5e5,
  });
  assert.equal(right(decode({ rope_theta: 1e4, rope_scaling: { type: "llama3", ...FACTORS } })), LLAMA3);
  assert.equal(
    right(decode({ rope_theta: 1e4, rope_scaling: { rope_type: "llama3", type: "llama3", ...FACTORS } })),
    LLAMA3,
  );
  assert.equal(right(decode({ rope_parameters: { rope_theta: 1e4, rope_type: "llama3", ...FACTORS } })), LLAMA3);
});

test("both spellings at once must agree", () => {
  const rope_parameters = { rope_theta: 1e4, rope_type: "llama3", ...FACTORS };
  const rope_scaling = { rope_type: "llama3", ...FACTORS };
  assert.equal(right(decode({ rope_theta: 1e4, rope_scaling, rope_parameters })), LLAMA3);
  assert.match(
    left(decode({ rope_theta: 2e4, rope_parameters })),
    "rope_parameters.rope_theta: expected the same as rope_theta (20000), got 10000",
  );
  assert.match(
    left(decode({ rope_theta: 1e4, rope_scaling: { ...rope_scaling, factor: 4 }, rope_parameters })),
    "rope_scaling: expected the same as rope_parameters",
  );
  assert.match(
    left(decode({ rope_theta: 1e4, rope_scaling, rope_parameters: { rope_type: "default" } })),
    "the same as rope_parameters",
  );
  assert.match(
    left(decode({ rope_scaling: { ...rope_scaling, type: "linear" } })),
    'rope_scaling.type: expected the same as rope_type ("llama3"), got "linear"',
  );
});

test("anything else is a fault with its key and value", () => {
  assert.match(
    left(decode({ rope_scaling: { type: "linear", factor: 2 } })),
    'rope_scaling.rope_type: expected "default" or "llama3", got "linear"',
  );
  assert.match(left(decode({ rope_parameters: { rope_type: "yarn", factor: 2 } })), 'got "yarn"');
  assert.match(
    left(decode({ rope_parameters: { full_attention: { rope_theta: 1 } } })),
    "rope_parameters.full_attention: expected one of",
  );
  assert.match(
    left(decode({ rope_parameters: { rope_type: "default", partial_rotary_factor: 0.5 } })),
    "partial_rotary_factor: expected 1 or nothing, got 0.5",
  );
  assert.match(left(decode({ rope_parameters: { rope_type: "default", factor: 2 } })), "rope_parameters.factor");
  assert.match(
    left(decode({ rope_scaling: { type: "llama3", ...FACTORS, attention_factor: 2 } })),
    "rope_scaling.attention_factor",
  );
  assert.match(
    left(decode({ rope_scaling: { type: "llama3", ...FACTORS, high_freq_factor: 1 } })),
    "more than low_freq_factor (1), got 1",
  );
  assert.match(left(decode({ rope_scaling: { type: "llama3" } })), "factor: expected a positive number, got nothing");
  assert.match(left(decode({ rope_theta: "x" })), 'config.json at rope_theta: expected a positive number, got "x"');
  assert.match(left(decode({ rope_theta: 0 })), "got 0");
  assert.match(left(decode({ rope_scaling: [] })), "rope_scaling: expected an object, got a list of 0");
});

test("random ropes are decoded or a fault, never a throw", () => {
  const value = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom("llama3", "default", 8, 1, 4));
  const key = fc.constantFrom(
    "type",
    "rope_type",
    "rope_theta",
    "factor",
    "low_freq_factor",
    "high_freq_factor",
    "original_max_position_embeddings",
    "x",
  );
  const group = fc.oneof(fc.dictionary(key, value), value);
  const property = fc.property(value, group, group, (rope_theta, rope_scaling, rope_parameters) => {
    const rope = decode({ rope_theta, rope_scaling, rope_parameters });
    if (E.isRight(rope)) assert.ok(inverseFrequencies(rope.right, 8).every(Number.isFinite));
  });
  fc.assert(property, fuzz(1000));
});

/** To f32 rounding: the frequencies are computed in f32, as the published models do. */
const close = (actual: readonly number[], expected: readonly number[]): void => {
  assert.is(actual.length, expected.length);
  for (const [i, a] of actual.entries()) {
    assert.ok(Math.abs(a - (expected[i] ?? 0)) <= 3e-7 * Math.abs(a), `${i}: ${a} ${expected[i]}`);
  }
};

test("plain frequencies are powers of theta", () => {
  close(inverseFrequencies({ kind: "default", theta: 10_000 }, 8), [1, 0.1, 0.01, 0.001]);
});

test("llama3 keeps short wavelengths, stretches long ones and mixes between", () => {
  // Wavelengths 6.28 (between 16/4 and 16/1), 29.2 and longer: by hand from _compute_llama3_parameters.
  const smooth = (16 / (2 * Math.PI) - 1) / 3;
  const rest = [1, 2, 3, 4, 5].map((i) => 10_000 ** (-i / 6) / 8);
  close(inverseFrequencies(LLAMA3, 12), [(1 - smooth) / 8 + smooth, ...rest]);
  close(
    inverseFrequencies({ ...LLAMA3, originalContext: 8192 }, 12).slice(0, 4),
    [1, 2, 3, 4].map((_, i) => 10_000 ** (-i / 6)),
  );
});

test("the f32 roundings are those of transformers", () => {
  // `rotary_emb.inv_freq` of LlamaForCausalLM with these settings, transformers 5.23 on torch 2.15.
  const expected = [
    0.5760563611984253, 0.0269304309040308, 0.005801985505968332, 0.0012499999720603228, 0.0002693042915780097,
    0.00005801986844744533,
  ];
  assert.equal(inverseFrequencies(LLAMA3, 12), expected);
});

test.run();
