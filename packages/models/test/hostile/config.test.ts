import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { architectureOf } from "../../src/families.ts";
import { decodeUtf8, parseJson } from "../../src/json.ts";
import { fuzz } from "../seed.ts";
import { damagedJson, settled, stopwatch } from "./mutate.ts";

const llama = {
  architectures: ["LlamaForCausalLM"],
  model_type: "llama",
  attention_bias: false,
  bos_token_id: 1,
  eos_token_id: [2, 3],
  head_dim: 4,
  hidden_act: "silu",
  hidden_size: 8,
  intermediate_size: 6,
  max_position_embeddings: 32,
  mlp_bias: false,
  num_attention_heads: 2,
  num_hidden_layers: 2,
  num_key_value_heads: 1,
  rms_norm_eps: 1e-5,
  rope_scaling: {
    rope_type: "llama3",
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 16,
  },
  rope_theta: 10_000,
  tie_word_embeddings: true,
  torch_dtype: "bfloat16",
  vocab_size: 11,
};

const { attention_bias: _a, mlp_bias: _m, rope_scaling: _r, head_dim: _h, ...common } = llama;
const qwen2 = {
  ...common,
  architectures: ["Qwen2ForCausalLM"],
  model_type: "qwen2",
  layer_types: ["full_attention", "full_attention"],
  use_sliding_window: false,
};

test("10,000 damaged configurations: an architecture or faults", () => {
  const watch = stopwatch();
  const property = fc.property(fc.oneof(damagedJson(llama), damagedJson(qwen2)), (bytes) =>
    watch.timed(() =>
      settled(
        pipe(
          decodeUtf8(bytes, "config.json"),
          E.flatMap((text) => parseJson(text, "config.json")),
          E.flatMap((json) => architectureOf(json, "config.json")),
        ),
        ({ layers }) => assert.ok(layers >= 1),
      ),
    ),
  );
  fc.assert(property, fuzz(10_000));
  assert.ok(watch.ended());
});

test.run();
