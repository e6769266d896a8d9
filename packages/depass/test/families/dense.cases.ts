// A tiny config of each dense family with RMS norms, and of what it adds to Llama. Weights are those of law.ts.
const COMMON = {
  vocab_size: 11,
  hidden_size: 12,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  intermediate_size: 10,
  max_position_embeddings: 16,
};
const SIZES = { ...COMMON, head_dim: 4 };
/** Shorter than the prompt, so that a window hides something and a rope has grown. */
const SHORT = 3;

const llama = { ...SIZES, model_type: "llama" };
const gemma = { ...SIZES, num_hidden_layers: 3, sliding_window: SHORT, query_pre_attn_scalar: 9 };
const smollm3 = { ...SIZES, model_type: "smollm3", no_rope_layer_interval: 2 };

export type Case = { readonly config: object; readonly bias?: boolean };

export const cases: Readonly<Record<string, Case>> = {
  llama: { config: llama },
  "llama with biases and wide heads": {
    config: { ...llama, attention_bias: true, mlp_bias: true, head_dim: 6 },
    bias: true,
  },
  "llama with a llama3 rope": {
    config: {
      ...llama,
      rope_scaling: {
        type: "llama3",
        factor: 8,
        low_freq_factor: 1,
        high_freq_factor: 4,
        original_max_position_embeddings: SHORT,
      },
    },
  },
  "llama with a linear rope": { config: { ...llama, rope_scaling: { type: "linear", factor: 2 } } },
  "llama with a dynamic rope": {
    config: { ...llama, max_position_embeddings: SHORT, rope_scaling: { type: "dynamic", factor: 2 } },
  },
  "llama with a yarn rope": {
    config: { ...llama, rope_scaling: { type: "yarn", factor: 2, original_max_position_embeddings: 64 } },
  },
  mistral: { config: { ...SIZES, model_type: "mistral", sliding_window: SHORT } },
  "qwen2 with a window in its last layer": {
    config: {
      ...COMMON,
      model_type: "qwen2",
      hidden_size: 16,
      use_sliding_window: true,
      sliding_window: SHORT,
      max_window_layers: 1,
    },
    bias: true,
  },
  qwen3: { config: { ...SIZES, model_type: "qwen3" } },
  "qwen3 with biases": { config: { ...SIZES, model_type: "qwen3", attention_bias: true }, bias: true },
  gemma2: { config: { ...gemma, model_type: "gemma2" } },
  gemma3: { config: { ...gemma, model_type: "gemma3_text", sliding_window_pattern: 2, final_logit_softcapping: 1.5 } },
  phi3: { config: { ...SIZES, model_type: "phi3", sliding_window: SHORT } },
  "phi3 with a longrope in half of each head": {
    config: {
      ...COMMON,
      model_type: "phi3",
      hidden_size: 32,
      original_max_position_embeddings: SHORT,
      partial_rotary_factor: 0.5,
      rope_scaling: { type: "longrope", short_factor: [1, 1.1], long_factor: [1, 3] },
    },
  },
  olmo2: { config: { ...SIZES, model_type: "olmo2" } },
  smollm3: { config: smollm3 },
  "smollm3 with windows where nothing turns": {
    config: { ...smollm3, use_sliding_window: true, sliding_window: SHORT },
  },
  granite: {
    config: {
      ...SIZES,
      model_type: "granite",
      embedding_multiplier: 3,
      residual_multiplier: 0.5,
      attention_multiplier: 0.4,
      logits_scaling: 2,
    },
  },
};
