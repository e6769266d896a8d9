import { suite } from "uvu";
import { testLaw } from "./law.ts";

const test = suite("gpt-neox");

const CONFIG = {
  model_type: "gpt_neox",
  vocab_size: 11,
  hidden_size: 24,
  num_hidden_layers: 2,
  num_attention_heads: 3,
  intermediate_size: 20,
  max_position_embeddings: 16,
};

testLaw(test, "gpt-neox, attention and MLP side by side", CONFIG, { bias: true });
testLaw(
  test,
  "gpt-neox, one after the other",
  { ...CONFIG, use_parallel_residual: false, attention_bias: false, rotary_pct: 1, hidden_act: "gelu_new" },
  { bias: true },
);

test.run();
