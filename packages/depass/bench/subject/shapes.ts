// Which models does the benchmark know without a checkpoint? Sizes of published Llama-shaped models, as their config.json
// has them; `tiny` runs anywhere within a second.

const llama = {
  model_type: "llama",
  hidden_act: "silu",
  rms_norm_eps: 1e-5,
  max_position_embeddings: 4096,
  rope_theta: 10000,
};

export const shapes = {
  tiny: {
    ...llama,
    hidden_size: 64,
    intermediate_size: 176,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    vocab_size: 512,
  },
  "smollm2-135m": {
    ...llama,
    hidden_size: 576,
    intermediate_size: 1536,
    num_hidden_layers: 30,
    num_attention_heads: 9,
    num_key_value_heads: 3,
    vocab_size: 49152,
    tie_word_embeddings: true,
  },
  "llama3-1b": {
    ...llama,
    hidden_size: 2048,
    intermediate_size: 8192,
    num_hidden_layers: 16,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    head_dim: 64,
    vocab_size: 128256,
    rope_theta: 500000,
    tie_word_embeddings: true,
  },
  "llama2-7b": {
    ...llama,
    hidden_size: 4096,
    intermediate_size: 11008,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: 32,
    vocab_size: 32000,
  },
} as const;
