// Which of our families is a GGUF file, and what does it call things? One row for each of llama.cpp's architectures that is
// known here: the `model_type` it is to us, its names for our weights, and how its rows lie.
// Source of keys and names: github.com/ggml-org/llama.cpp, gguf-py/gguf/constants.py and tensor_mapping.py.

export type GgufArchitecture = {
  /** Our family's, and the class of transformers that has this forward pass. */
  readonly modelType: string;
  readonly className: string;
  /** The last part of a layer's tensor to the last part of the checkpoint's name: `attn_q` to `self_attn.q_proj`. */
  readonly parts: Readonly<Record<string, string>>;
  /** Parts whose rows are stored with the two halves of each rotated pair side by side: to be put back. */
  readonly paired: readonly string[];
};

const MLP = { ffn_gate: "mlp.gate_proj", ffn_up: "mlp.up_proj", ffn_down: "mlp.down_proj" };

const ATTENTION = {
  attn_q: "self_attn.q_proj",
  attn_k: "self_attn.k_proj",
  attn_v: "self_attn.v_proj",
  attn_output: "self_attn.o_proj",
};

const NORMS = { attn_norm: "input_layernorm", ffn_norm: "post_attention_layernorm" };

const decoder = { ...NORMS, ...ATTENTION, ...MLP };

/** By `general.architecture`. Mistral's files are called llama too. */
export const architectures: ReadonlyMap<string, GgufArchitecture> = new Map([
  ["llama", { modelType: "llama", className: "LlamaForCausalLM", parts: decoder, paired: ["attn_q", "attn_k"] }],
  ["qwen2", { modelType: "qwen2", className: "Qwen2ForCausalLM", parts: decoder, paired: [] }],
]);

const OUTER: Readonly<Record<string, string>> = {
  token_embd: "model.embed_tokens",
  output_norm: "model.norm",
  output: "lm_head",
};

/** A tensor's name in two: `blk.3.attn_q.weight` is layer 3's attn_q. */
const LAYER = /^blk\.(\d+)\.(\w+)\.(weight|bias)$/;
const OUTSIDE = /^(\w+)\.(weight|bias)$/;

/** The checkpoint's name for a tensor of the file; undefined for one that our forward pass does not have. */
export const ourName = ({ parts }: GgufArchitecture, name: string): string | undefined => {
  const [, layer, part = "", kind] = LAYER.exec(name) ?? [];
  if (layer !== undefined)
    return Object.hasOwn(parts, part) ? `model.layers.${layer}.${parts[part]}.${kind}` : undefined;
  const [, outer = "", outerKind] = OUTSIDE.exec(name) ?? [];
  return Object.hasOwn(OUTER, outer) ? `${OUTER[outer]}.${outerKind}` : undefined;
};

/** Whether the rows of a tensor are to be put back in order. */
export const isPaired = ({ paired }: GgufArchitecture, name: string): boolean =>
  paired.includes(LAYER.exec(name)?.[2] ?? "");
