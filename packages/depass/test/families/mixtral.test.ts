import { suite } from "uvu";
import { testLaw } from "./law.ts";

const test = suite("mixtral");

testLaw(
  test,
  "mixtral",
  {
    model_type: "mixtral",
    vocab_size: 11,
    hidden_size: 12,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    num_key_value_heads: 1,
    intermediate_size: 10,
    num_local_experts: 4,
    num_experts_per_tok: 2,
  },
  { bias: false },
);

test.run();
