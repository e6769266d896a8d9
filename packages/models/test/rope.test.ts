import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeRope, type Rope } from "../src/rope.ts";
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

const YARN = { rope_type: "yarn", factor: 4, original_max_position_embeddings: 1024 };
const FACTORS_BY_PAIR = { short_factor: [1, 1.1], long_factor: [1, 2.5] };

test("every kind of scaling", () => {
  const scaled = (group: object, rest: object = {}) => right(decode({ ...rest, rope_scaling: group }));
  assert.equal(scaled({ type: "linear", factor: 2 }), { kind: "linear", theta: 1e4, factor: 2 });
  assert.equal(scaled({ type: "dynamic", factor: 2 }, { max_position_embeddings: 64 }), {
    kind: "dynamic",
    theta: 1e4,
    factor: 2,
    originalContext: 64,
  });
  const yarn = {
    kind: "yarn",
    theta: 1e4,
    factor: 4,
    originalContext: 1024,
    betaFast: 32,
    betaSlow: 1,
    truncate: true,
  };
  assert.equal(scaled(YARN), { ...yarn, magnitude: 0.1 * Math.log(4) + 1 });
  assert.equal(scaled({ ...YARN, attention_factor: 1.5, beta_fast: 16, beta_slow: 2, truncate: false }), {
    ...yarn,
    betaFast: 16,
    betaSlow: 2,
    truncate: false,
    magnitude: 1.5,
  });
  const weighted = scaled({ ...YARN, mscale: 0.8, mscale_all_dim: 0.5 });
  assert.is("magnitude" in weighted && weighted.magnitude, (0.08 * Math.log(4) + 1) / (0.05 * Math.log(4) + 1));
});

test("longrope: the original context beside it or in it, its magnitude from the ratio", () => {
  const long = { kind: "longrope", theta: 1e4, originalContext: 16, short: [1, 1.1], long: [1, 2.5] };
  for (const type of ["longrope", "su"]) {
    const beside = { max_position_embeddings: 64, original_max_position_embeddings: 16 };
    assert.equal(right(decode({ ...beside, rope_scaling: { type, ...FACTORS_BY_PAIR } })), {
      ...long,
      magnitude: Math.sqrt(1.5),
    });
  }
  const within = { rope_type: "longrope", ...FACTORS_BY_PAIR, original_max_position_embeddings: 16 };
  assert.equal(right(decode({ rope_parameters: within })), { ...long, magnitude: 1 });
  assert.equal(right(decode({ rope_parameters: { ...within, factor: 16 } })), { ...long, magnitude: Math.SQRT2 });
  assert.match(
    left(decode({ rope_parameters: within, original_max_position_embeddings: 32 })),
    "original_max_position_embeddings: expected the same as original_max_position_embeddings (32), got 16",
  );
  assert.match(
    left(decode({ rope_parameters: { rope_type: "longrope", ...FACTORS_BY_PAIR } })),
    "original_max_position_embeddings: expected 2 tokens or more, got nothing",
  );
});

test("a part of a head turns only where the family can", () => {
  const partial = { rope_type: "default", partial_rotary_factor: 0.5 };
  const may = (config: object) => decodeRope(config as never, "config.json", { mayBePartial: true });
  assert.equal(right(may({ rope_parameters: partial })), { kind: "default", theta: 1e4, partial: 0.5 });
  assert.equal(right(may({ partial_rotary_factor: 0.5 })), { kind: "default", theta: 1e4, partial: 0.5 });
  assert.match(left(may({ partial_rotary_factor: 1.5 })), "partial_rotary_factor: expected 1 or less, got 1.5");
  assert.match(
    left(may({ rope_parameters: partial, partial_rotary_factor: 0.25 })),
    "partial_rotary_factor: expected the same as partial_rotary_factor (0.25), got 0.5",
  );
  assert.match(left(decode({ partial_rotary_factor: 0.5 })), "partial_rotary_factor: expected 1 or nothing, got 0.5");
});

test("a rope for each type of layer", () => {
  const rope_parameters = {
    full_attention: { rope_type: "linear", factor: 8, rope_theta: 1e6 },
    sliding_attention: { rope_type: "default" },
  };
  const of = (layerType: "full_attention" | "sliding_attention", group: unknown = rope_parameters) =>
    decodeRope({ rope_parameters: group }, "config.json", { layerType });
  assert.equal(right(of("full_attention")), { kind: "linear", theta: 1e6, factor: 8 });
  assert.equal(right(of("sliding_attention")), { kind: "default", theta: 1e4 });
  assert.equal(right(of("sliding_attention", {})), { kind: "default", theta: 1e4 });
  assert.match(
    left(of("full_attention", { ...rope_parameters, full_attention: { rope_type: "x" } })),
    'config.json at rope_parameters.full_attention.rope_type: expected one of "default"',
  );
  assert.match(
    left(of("full_attention", { rope_type: "default" })),
    'rope_parameters: expected an object, got "rope_type beside full_attention and sliding_attention"',
  );
});

test("anything else is a fault with its key and value", () => {
  assert.match(
    left(decode({ rope_scaling: { type: "mrope", factor: 2 } })),
    'rope_scaling.rope_type: expected one of "default", "linear", "dynamic", "yarn", "longrope", "llama3", got "mrope"',
  );
  assert.match(
    left(decode({ rope_parameters: { rope_type: "yarn", factor: 2 } })),
    "original_max_position_embeddings: expected a positive integer, got nothing",
  );
  assert.match(left(decode({ rope_scaling: { type: "dynamic", factor: 2 } })), "max_position_embeddings beside it");
  assert.match(
    left(decode({ rope_scaling: { type: "longrope", ...FACTORS_BY_PAIR, short_factor: [1, "x"] } })),
    "short_factor: expected a list of positive numbers, got a list of 2",
  );
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
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom("llama3", "default", "yarn", "longrope", "dynamic", 8, 1, 4, [1, 2]),
  );
  const key = fc.constantFrom(
    "type",
    "rope_type",
    "rope_theta",
    "factor",
    "low_freq_factor",
    "high_freq_factor",
    "original_max_position_embeddings",
    "short_factor",
    "long_factor",
    "partial_rotary_factor",
    "x",
  );
  const group = fc.oneof(fc.dictionary(key, value), value);
  const property = fc.property(value, group, group, (rope_theta, rope_scaling, rope_parameters) => {
    const rope = decode({ rope_theta, rope_scaling, rope_parameters });
    if (E.isRight(rope)) assert.ok(rope.right.theta > 0);
  });
  fc.assert(property, fuzz(1000));
});

test.run();
