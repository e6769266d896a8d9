import { readFileSync } from "node:fs";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeLlamaConfig } from "../../src/families/llama.config.ts";
import { left, right } from "../either.ts";
import { fuzz } from "../seed.ts";
import { goldenTest, shared } from "../shared.ts";
import { LLAMA, without } from "./configs.ts";

const refused = (change: Readonly<Record<string, unknown>>, words: string): void =>
  assert.match(left(decodeLlamaConfig({ ...LLAMA, ...change })), words);

test("SmolLM2 as the hub has it", () => {
  assert.equal(right(decodeLlamaConfig(LLAMA)), {
    vocab: 49_152,
    hidden: 576,
    layers: 30,
    heads: 9,
    kvHeads: 3,
    headWidth: 64,
    mlpWidth: 1536,
    eps: 1e-5,
    rope: { kind: "default", theta: 100_000 },
    tied: true,
    activation: "silu",
    context: 8192,
    bos: 1,
    eos: [2],
    attentionBias: false,
    mlpBias: false,
  });
});

test("what old configurations leave out has the defaults of transformers", () => {
  const old = without(
    LLAMA,
    "num_key_value_heads",
    "attention_bias",
    "mlp_bias",
    "rope_theta",
    "tie_word_embeddings",
    "hidden_act",
    "bos_token_id",
    "eos_token_id",
    "architectures",
    "rms_norm_eps",
    "max_position_embeddings",
  );
  const found = right(decodeLlamaConfig(old));
  assert.equal(
    [found.kvHeads, found.attentionBias, found.mlpBias, found.tied, found.eps, found.context],
    [9, false, false, false, 1e-6, 2048],
  );
  assert.equal([found.rope, found.eos, "bos" in found], [{ kind: "default", theta: 10_000 }, [], false]);
});

test("several end ids", () => {
  assert.equal(right(decodeLlamaConfig({ ...LLAMA, eos_token_id: [128_001, 128_008] })).eos, [128_001, 128_008]);
});

test("sizes must go together", () => {
  refused({ num_key_value_heads: 2 }, "num_key_value_heads: expected a divisor of num_attention_heads (9), got 2");
  refused({ hidden_size: 577 }, "a divisor of hidden_size (577), as head_dim is absent, got 9");
  refused({ head_dim: 63 }, "head_dim: expected an even width, for rotary pairs, got 63");
  right(decodeLlamaConfig({ ...LLAMA, hidden_size: 577, head_dim: 64 }));
});

test("what is not implemented is named", () => {
  refused({ hidden_act: "quick_gelu" }, 'or "silu" or "swish", got "quick_gelu"');
  refused({ model_type: "mistral" }, 'model_type: expected "llama", got "mistral"');
  refused(
    { architectures: ["LlamaForSequenceClassification"] },
    'architectures: expected a list with "LlamaForCausalLM"',
  );
  refused({ quantization_config: { bits: 4 } }, "quantization_config");
  refused({ pretraining_tp: 2 }, "pretraining_tp: expected 1, got 2");
  refused({ rope_interleaved: true }, "rope_interleaved: expected false, got true");
  refused({ sliding_window: 4096 }, "sliding_window: expected settings known of llama, got an unknown setting, 4096");
  refused({ auto_map: { AutoModel: "x" } }, "auto_map");
  refused({ rope_scaling: { type: "mrope", factor: 2 } }, 'got "mrope"');
  refused({ rope_scaling: { type: "default", partial_rotary_factor: 0.5 } }, "expected 1 or nothing, got 0.5");
});

test("missing sizes are all named at once", () => {
  const faults = left(decodeLlamaConfig({ model_type: "llama" }));
  for (const key of ["vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size"]) {
    assert.match(faults, `config.json at ${key}: expected`);
  }
});

test("a configuration with random changes is decoded or a fault, never a throw", () => {
  const value = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom(0, -1, 1.5, 1e308, 2 ** 53, null, "", true));
  const key = fc.oneof(fc.constantFrom(...Object.keys(LLAMA), "head_dim", "rope_parameters", "__proto__"), fc.string());
  const property = fc.property(fc.array(fc.tuple(key, value), { minLength: 1, maxLength: 4 }), (changes) => {
    const config = decodeLlamaConfig(
      JSON.parse(JSON.stringify(Object.fromEntries([...Object.entries(LLAMA), ...changes]))),
    );
    if (E.isRight(config)) {
      const { heads, kvHeads, headWidth } = config.right;
      assert.equal([heads % kvHeads, headWidth % 2], [0, 0]);
    } else assert.ok(left(config).length > 0);
  });
  fc.assert(property, fuzz(2000));
});

goldenTest("the goldens' configurations are accepted whole", () => {
  const of = (family: string) =>
    right(decodeLlamaConfig(JSON.parse(readFileSync(shared("goldens", family, "config.json"), "utf8"))));
  const base = of("llama");
  assert.equal(
    [base.vocab, base.hidden, base.layers, base.heads, base.kvHeads, base.headWidth, base.mlpWidth],
    [101, 48, 3, 4, 2, 12, 80],
  );
  assert.equal([of("llama-tied-mha").tied, of("llama-tied-mha").kvHeads], [true, 4]);
  assert.equal([of("llama-biased").attentionBias, of("llama-biased").mlpBias], [true, true]);
  assert.is(of("llama-wide-heads").headWidth, 20);
  assert.equal(of("llama3-rope").rope, {
    kind: "llama3",
    theta: 1e4,
    factor: 8,
    lowFreqFactor: 1,
    highFreqFactor: 4,
    originalContext: 16,
  });
});

goldenTest("SmolLM2's own file too", () => {
  const found = right(
    decodeLlamaConfig(JSON.parse(readFileSync(shared("models", "smollm2-135m", "config.json"), "utf8"))),
  );
  assert.equal([found.layers, found.rope], [30, { kind: "default", theta: 100_000 }]);
});

goldenTest("other families are not taken for a Llama", () => {
  for (const family of ["mistral", "qwen2", "granite", "smollm3", "gpt2"]) {
    left(decodeLlamaConfig(JSON.parse(readFileSync(shared("goldens", family, "config.json"), "utf8"))));
  }
});

test.run();
