// Which settings does each architecture have in a GGUF file, and what are they in a config.json? One row for each of our
// families that such files are of. What the file does not say is what llama.cpp assumes.
// Source of keys: llama.cpp, gguf-py/gguf/constants.py; of what is assumed: load_hparams of each model.

/** Settings under the architecture's name, numbers as the decimals they were. */
export type Get = (key: string) => unknown;

/** What the tensors of a file say. */
export type Shapes = {
  /** Rows of the embedding. */
  readonly vocabulary: number | undefined;
  /** Whether there is no unembedding of its own. */
  readonly tied: boolean;
  /** Biases on the maps of the attention, and on those of the MLP. */
  readonly attentionBias: boolean;
  readonly mlpBias: boolean;
};

type Json = Readonly<Record<string, unknown>>;

export type Settings = {
  /** Keys that are used, or known to change nothing. */
  readonly keys: string;
  /** The config.json without what all have; `rope` is its `rope_scaling`. */
  readonly config: (get: Get, shapes: Shapes, rope: unknown) => Json;
};

const COMMON = "block_count context_length embedding_length feed_forward_length attention.head_count vocab_size";
const TURNING =
  "attention.head_count_kv attention.layer_norm_rms_epsilon attention.key_length attention.value_length rope.freq_base " +
  "rope.dimension_count rope.scaling.type rope.scaling.factor rope.scaling.original_context_length " +
  "rope.scaling.finetuned";

/** Columns of a head. */
const widthIn = (get: Get): number =>
  Number(get("attention.key_length") ?? Number(get("embedding_length")) / Number(get("attention.head_count")));

/** Part of a head that is rotated; absent where it is all of it. */
const partOf = (get: Get): number | undefined => {
  const rotated = get("rope.dimension_count");
  return rotated === undefined || rotated === widthIn(get) ? undefined : Number(rotated) / widthIn(get);
};

const partialRotation = (get: Get): Json => {
  const part = partOf(get);
  return part === undefined ? {} : { partial_rotary_factor: part };
};

const DEFAULT_THETA = 10_000; // llama.cpp's own

/** What all decoders of Llama's kind have. */
const decoder = (get: Get, shapes: Shapes, rope: unknown): Json => ({
  hidden_size: get("embedding_length"),
  num_hidden_layers: get("block_count"),
  num_attention_heads: get("attention.head_count"),
  num_key_value_heads: get("attention.head_count_kv") ?? get("attention.head_count"),
  ...(get("attention.key_length") === undefined ? {} : { head_dim: get("attention.key_length") }),
  intermediate_size: get("feed_forward_length"),
  max_position_embeddings: get("context_length"),
  rms_norm_eps: get("attention.layer_norm_rms_epsilon"),
  rope_theta: get("rope.freq_base") ?? DEFAULT_THETA,
  rope_scaling: rope,
  ...partialRotation(get),
  tie_word_embeddings: shapes.tied,
});

const keys = (...more: readonly string[]): string => [COMMON, TURNING, ...more].join(" ");

const plain: Settings = { keys: keys(), config: decoder };

const withBiases: Settings = {
  keys: keys(),
  config: (get, shapes, rope) => ({ ...decoder(get, shapes, rope), attention_bias: shapes.attentionBias }),
};

const withAllBiases: Settings = {
  keys: keys(),
  config: (get, shapes, rope) => ({ ...withBiases.config(get, shapes, rope), mlp_bias: shapes.mlpBias }),
};

const EXPERTS = "expert_count expert_used_count";

/** Head widths that scores are divided by the root of; the two models of 27B have another, which no file says. */
const queryScalar = (get: Get, layersOf27B: number): number =>
  get("block_count") === layersOf27B
    ? Number(get("embedding_length")) / Number(get("attention.head_count"))
    : widthIn(get);

const gemma =
  (layersOf27B: number, more: (get: Get) => Json): Settings["config"] =>
  (get, shapes, rope) => ({
    ...withBiases.config(get, shapes, rope),
    query_pre_attn_scalar: queryScalar(get, layersOf27B),
    ...(get("final_logit_softcapping") === undefined
      ? {}
      : { final_logit_softcapping: get("final_logit_softcapping") }),
    ...more(get),
  });

const gemma2: Settings = {
  keys: keys("attention.sliding_window attn_logit_softcapping final_logit_softcapping"),
  config: gemma(46, (get) => ({
    sliding_window: get("attention.sliding_window") ?? 4096,
    attn_logit_softcapping: get("attn_logit_softcapping") ?? 50,
    final_logit_softcapping: get("final_logit_softcapping") ?? 30,
  })),
};

const gemma3: Settings = {
  keys: keys("attention.sliding_window final_logit_softcapping rope.freq_base_swa"),
  config: gemma(62, (get) => ({
    sliding_window: get("attention.sliding_window"),
    sliding_window_pattern: 6,
    rope_local_base_freq: get("rope.freq_base_swa") ?? DEFAULT_THETA,
  })),
};

/** Absent and 0 mean that there is none. */
const window = (get: Get): unknown => get("attention.sliding_window") || null;

const phi3: Settings = {
  keys: keys("attention.sliding_window rope.scaling.attn_factor"),
  config: (get, shapes, rope) => ({
    ...decoder(get, shapes, rope),
    sliding_window: window(get),
    original_max_position_embeddings: get("rope.scaling.original_context_length") ?? get("context_length"),
  }),
};

const granite: Settings = {
  keys: keys("attention.scale embedding_scale residual_scale logit_scale"),
  config: (get, shapes, rope) => ({
    ...withAllBiases.config(get, shapes, rope),
    attention_multiplier: get("attention.scale") ?? 1 / Math.sqrt(widthIn(get)),
    embedding_multiplier: get("embedding_scale") ?? 1,
    residual_multiplier: get("residual_scale") ?? 1,
    logits_scaling: get("logit_scale") ?? 1,
  }),
};

const LAYER_NORM = "attention.layer_norm_epsilon";

const gpt2: Settings = {
  keys: `${COMMON} ${LAYER_NORM} attention.head_count_kv`,
  config: (get, { tied }) => ({
    n_embd: get("embedding_length"),
    n_layer: get("block_count"),
    n_head: get("attention.head_count"),
    n_inner: get("feed_forward_length"),
    n_positions: get("context_length"),
    layer_norm_epsilon: get(LAYER_NORM),
    tie_word_embeddings: tied,
  }),
};

const gptNeox: Settings = {
  keys: `${COMMON} ${LAYER_NORM} attention.head_count_kv rope.dimension_count rope.freq_base use_parallel_residual`,
  config: (get, { tied, attentionBias }) => ({
    hidden_size: get("embedding_length"),
    num_hidden_layers: get("block_count"),
    num_attention_heads: get("attention.head_count"),
    intermediate_size: get("feed_forward_length"),
    max_position_embeddings: get("context_length"),
    layer_norm_eps: get(LAYER_NORM),
    use_parallel_residual: get("use_parallel_residual") ?? true,
    rotary_pct: partOf(get) ?? 1,
    rope_theta: get("rope.freq_base") ?? DEFAULT_THETA,
    attention_bias: attentionBias,
    tie_word_embeddings: tied,
  }),
};

const mixtral: Settings = {
  keys: keys(EXPERTS),
  config: (get, shapes, rope) => ({
    ...decoder(get, shapes, rope),
    num_local_experts: get("expert_count"),
    num_experts_per_tok: get("expert_used_count"),
  }),
};

const qwen3Moe: Settings = {
  keys: keys(EXPERTS, "expert_feed_forward_length expert_weights_norm"),
  config: (get, shapes, rope) => ({
    ...withBiases.config(get, shapes, rope),
    moe_intermediate_size: get("expert_feed_forward_length"),
    num_experts: get("expert_count"),
    num_experts_per_tok: get("expert_used_count"),
    norm_topk_prob: get("expert_weights_norm") ?? true,
  }),
};

/** No file says which layers turn: every fourth does not. */
const smolLM3: Settings = {
  keys: keys(),
  config: (get, shapes, rope) => ({ ...withAllBiases.config(get, shapes, rope), no_rope_layer_interval: 4 }),
};

/** By `model_type`. */
export const settings: Readonly<Record<string, Settings>> = {
  llama: withAllBiases,
  qwen2: plain,
  qwen3: withBiases,
  qwen3_moe: qwen3Moe,
  mixtral,
  gemma2,
  gemma3_text: gemma3,
  phi3,
  olmo2: withBiases,
  smollm3: smolLM3,
  granite,
  gpt2,
  gpt_neox: gptNeox,
};
