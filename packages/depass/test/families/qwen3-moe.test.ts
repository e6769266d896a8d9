import { suite } from "uvu";
import { testLaw } from "./law.ts";

const test = suite("qwen3-moe");

const CONFIG = {
  model_type: "qwen3_moe",
  vocab_size: 11,
  hidden_size: 12,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  head_dim: 8,
  intermediate_size: 14,
  moe_intermediate_size: 6,
  num_experts: 9,
  num_experts_per_tok: 3,
};

testLaw(test, "qwen3-moe", CONFIG, { bias: false });
testLaw(
  test,
  "qwen3-moe with a layer without experts, likelihoods that sum to one, and biases",
  { ...CONFIG, num_hidden_layers: 3, mlp_only_layers: [1], norm_topk_prob: true, attention_bias: true },
  { bias: true },
);
testLaw(
  test,
  "qwen3-moe with experts in every other layer",
  { ...CONFIG, decoder_sparse_step: 2, num_local_experts: 9 },
  { bias: false },
);

test.run();
