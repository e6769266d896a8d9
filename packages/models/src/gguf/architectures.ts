// Which of our families is a GGUF file, and what does it call things? One row for each of llama.cpp's architectures that is
// known here: the `model_type` it is to us, its names for our weights, and how it stores those that it stores otherwise.
// Source of names: github.com/ggml-org/llama.cpp, gguf-py/gguf/constants.py and tensor_mapping.py; of how they are stored:
// convert_hf_to_gguf.py (modify_tensors of each model).
import type { Form } from "./forms.ts";

type Names = Readonly<Record<string, string>>;

export type GgufArchitecture = {
  /** Our family's, and the class of transformers that has this forward pass. */
  readonly modelType: string;
  readonly className: string;
  /** Tensors outside the layers to the checkpoint's names; `token_embd` and `output` are in every row. */
  readonly outer: Names;
  /** What stands before a layer's number in the checkpoint. */
  readonly layers: string;
  /** The last part of a layer's tensor to the last part of the checkpoint's name: `attn_q` to `self_attn.q_proj`. */
  readonly parts: Names;
  /** Of the parts, and of `output_norm`: how it is stored where that is not as the checkpoint has it. */
  readonly forms: Readonly<Record<string, Form>>;
};

const MLP = { ffn_gate: "mlp.gate_proj", ffn_up: "mlp.up_proj", ffn_down: "mlp.down_proj" };

const ATTENTION = {
  attn_q: "self_attn.q_proj",
  attn_k: "self_attn.k_proj",
  attn_v: "self_attn.v_proj",
  attn_output: "self_attn.o_proj",
};

const NORMS = { attn_norm: "input_layernorm", ffn_norm: "post_attention_layernorm" };
const HEAD_NORMS = { attn_q_norm: "self_attn.q_norm", attn_k_norm: "self_attn.k_norm" };
/** Norms behind the branches. */
const AFTER = { post_attention_norm: "post_attention_layernorm", post_ffw_norm: "post_feedforward_layernorm" };

const OUTER = { token_embd: "model.embed_tokens", output_norm: "model.norm", output: "lm_head" };

const decoder = { outer: OUTER, layers: "model.layers.", parts: { ...NORMS, ...ATTENTION, ...MLP }, forms: {} };

/** Pairs of rows that turn together lie side by side. */
const paired = { attn_q: "paired", attn_k: "paired" } as const;

/** One part for all experts of a layer; `*` is the number of each. */
const stacked = { ffn_gate_exps: "stacked", ffn_up_exps: "stacked", ffn_down_exps: "stacked" } as const;

const gemma = {
  ...decoder,
  parts: { ...ATTENTION, ...MLP, ...AFTER, attn_norm: "input_layernorm", ffn_norm: "pre_feedforward_layernorm" },
  forms: {
    output_norm: "fromZero",
    attn_norm: "fromZero",
    ffn_norm: "fromZero",
    post_attention_norm: "fromZero",
    post_ffw_norm: "fromZero",
  },
} as const;

const mixtral: GgufArchitecture = {
  ...decoder,
  modelType: "mixtral",
  className: "MixtralForCausalLM",
  parts: {
    ...NORMS,
    ...ATTENTION,
    ffn_gate_inp: "block_sparse_moe.gate",
    ffn_gate_exps: "block_sparse_moe.experts.*.w1",
    ffn_up_exps: "block_sparse_moe.experts.*.w3",
    ffn_down_exps: "block_sparse_moe.experts.*.w2",
  },
  forms: { ...paired, ...stacked },
};

const qwen3Moe: GgufArchitecture = {
  ...decoder,
  modelType: "qwen3_moe",
  className: "Qwen3MoeForCausalLM",
  parts: {
    ...NORMS,
    ...ATTENTION,
    ...HEAD_NORMS,
    ffn_gate_inp: "mlp.gate",
    ffn_gate_exps: "mlp.experts.*.gate_proj",
    ffn_up_exps: "mlp.experts.*.up_proj",
    ffn_down_exps: "mlp.experts.*.down_proj",
  },
  forms: stacked,
};

const phi3: GgufArchitecture = {
  ...decoder,
  modelType: "phi3",
  className: "Phi3ForCausalLM",
  parts: {
    ...NORMS,
    attn_qkv: "self_attn.qkv_proj",
    attn_output: "self_attn.o_proj",
    ffn_up: "mlp.gate_up_proj", // gate first, as in the checkpoint
    ffn_down: "mlp.down_proj",
  },
};

const olmo2: GgufArchitecture = {
  ...decoder,
  modelType: "olmo2",
  className: "Olmo2ForCausalLM",
  parts: { ...ATTENTION, ...MLP, ...HEAD_NORMS, ...AFTER },
};

const gpt2: GgufArchitecture = {
  modelType: "gpt2",
  className: "GPT2LMHeadModel",
  outer: {
    token_embd: "transformer.wte",
    position_embd: "transformer.wpe",
    output_norm: "transformer.ln_f",
    output: "lm_head",
  },
  layers: "transformer.h.",
  parts: {
    attn_norm: "ln_1",
    attn_qkv: "attn.c_attn",
    attn_output: "attn.c_proj",
    ffn_norm: "ln_2",
    ffn_up: "mlp.c_fc",
    ffn_down: "mlp.c_proj",
  },
  forms: { attn_qkv: "turned", attn_output: "turned", ffn_up: "turned", ffn_down: "turned" },
};

const gptNeox: GgufArchitecture = {
  modelType: "gpt_neox",
  className: "GPTNeoXForCausalLM",
  outer: { token_embd: "gpt_neox.embed_in", output_norm: "gpt_neox.final_layer_norm", output: "embed_out" },
  layers: "gpt_neox.layers.",
  parts: {
    ...NORMS,
    attn_qkv: "attention.query_key_value",
    attn_output: "attention.dense",
    ffn_up: "mlp.dense_h_to_4h",
    ffn_down: "mlp.dense_4h_to_h",
  },
  forms: { attn_qkv: "thirds" },
};

/** By `general.architecture`. Mistral's files are called llama too. */
export const architectures: ReadonlyMap<string, GgufArchitecture> = new Map<string, GgufArchitecture>([
  ["llama", { ...decoder, modelType: "llama", className: "LlamaForCausalLM", forms: paired }],
  ["qwen2", { ...decoder, modelType: "qwen2", className: "Qwen2ForCausalLM" }],
  [
    "qwen3",
    { ...decoder, modelType: "qwen3", className: "Qwen3ForCausalLM", parts: { ...decoder.parts, ...HEAD_NORMS } },
  ],
  ["qwen3moe", qwen3Moe],
  ["gemma2", { ...gemma, modelType: "gemma2", className: "Gemma2ForCausalLM" }],
  [
    "gemma3",
    {
      ...gemma,
      modelType: "gemma3_text",
      className: "Gemma3ForCausalLM",
      parts: { ...gemma.parts, ...HEAD_NORMS },
      forms: { ...gemma.forms, attn_q_norm: "fromZero", attn_k_norm: "fromZero" },
    },
  ],
  ["phi3", phi3],
  ["olmo2", olmo2],
  ["smollm3", { ...decoder, modelType: "smollm3", className: "SmolLM3ForCausalLM", forms: paired }],
  ["granite", { ...decoder, modelType: "granite", className: "GraniteForCausalLM", forms: paired }],
  ["gpt2", gpt2],
  ["gptneox", gptNeox],
]);

/** The row of an architecture; Mixtral's files are called llama and have experts. */
export const rowOf = (name: string, hasExperts: boolean): GgufArchitecture | undefined =>
  name === "llama" && hasExperts ? mixtral : architectures.get(name);

/** A tensor's name in two: `blk.3.attn_q.weight` is layer 3's attn_q. */
const LAYER = /^blk\.(\d+)\.(\w+)\.(weight|bias)$/;
const OUTSIDE = /^(\w+)\.(weight|bias)$/;

const partIn = (name: string): string => LAYER.exec(name)?.[2] ?? OUTSIDE.exec(name)?.[1] ?? "";

/** The checkpoint's name for a tensor of the file; undefined for one that our forward pass does not have. */
export const ourName = ({ outer, layers, parts }: GgufArchitecture, name: string): string | undefined => {
  const [, layer, part = "", kind] = LAYER.exec(name) ?? [];
  if (layer !== undefined) return Object.hasOwn(parts, part) ? `${layers}${layer}.${parts[part]}.${kind}` : undefined;
  const [, outside = "", outerKind] = OUTSIDE.exec(name) ?? [];
  return Object.hasOwn(outer, outside) ? `${outer[outside]}.${outerKind}` : undefined;
};

/** How a tensor of the file is stored, where that is not as the checkpoint has it. */
export const formOf = ({ forms }: GgufArchitecture, name: string): Form | undefined => {
  const part = partIn(name);
  return Object.hasOwn(forms, part) ? forms[part] : undefined;
};
