// What would llama.cpp's converter make of a folder? By hand, from its description, so that reading is tested against it: what
// each architecture calls the tensors of a checkpoint, how it stores them, and the keys of its header.
import { type Tensor, toF64 } from "@depass/graph";
import type { Checkpoint } from "../../src/checkpoint.ts";
import { right } from "../either.ts";
import { floats, ggufBytes, type Keys, type Stored } from "./bytes.ts";

export type Config = Readonly<Record<string, unknown>>;
type Names = Readonly<Record<string, string>>;
type Change = (data: Float32Array, shape: readonly number[], config: Config) => readonly [Float32Array, number[]];

export type Converter = {
  /** Checkpoint names without layer numbers and endings to GGUF names. */
  readonly names: Names;
  readonly changes?: Readonly<Record<string, Change>>;
  readonly keys: (config: Config) => Keys;
};

const n = (config: Config, key: string): number => config[key] as number;

const llamaNames: Names = {
  "model.embed_tokens": "token_embd",
  "model.norm": "output_norm",
  lm_head: "output",
  input_layernorm: "attn_norm",
  post_attention_layernorm: "ffn_norm",
  "self_attn.q_proj": "attn_q",
  "self_attn.k_proj": "attn_k",
  "self_attn.v_proj": "attn_v",
  "self_attn.o_proj": "attn_output",
  "self_attn.q_norm": "attn_q_norm",
  "self_attn.k_norm": "attn_k_norm",
  "mlp.gate_proj": "ffn_gate",
  "mlp.up_proj": "ffn_up",
  "mlp.down_proj": "ffn_down",
};

/** Rows `(head, half, pair)` to `(head, pair, half)`. */
const permuted =
  (heads: string): Change =>
  (data, shape, config) => {
    const [rows = 0, columns = 1] = shape.length > 1 ? shape : [shape[0] ?? 0, 1];
    const width = rows / n(config, heads);
    const out = data.map((_, i) => {
      const [row, column] = [Math.floor(i / columns), i % columns];
      const [head, inHead] = [Math.floor(row / width), row % width];
      const source = head * width + (inHead % 2) * (width / 2) + Math.floor(inHead / 2);
      return data[source * columns + column] as number;
    });
    return [out, [...shape]];
  };

const permutes = { attn_q: permuted("num_attention_heads"), attn_k: permuted("num_key_value_heads") };

const plusOne: Change = (data, shape) => [data.map((gain) => gain + 1), [...shape]];

const transposed: Change = (data, shape) => {
  if (shape.length < 2) return [data, [...shape]];
  const [rows = 0, columns = 0] = shape;
  return [data.map((_, i) => data[(i % rows) * columns + Math.floor(i / rows)] as number), [columns, rows]];
};

/** Rows `(head, which, column)` to `(which, head, column)`. */
const regrouped: Change = (data, shape, config) => {
  const heads = n(config, "num_attention_heads");
  const width = n(config, "hidden_size") / heads;
  const row = data.length / (shape[0] ?? 1);
  const out = data.map((_, i) => {
    const [at, column] = [Math.floor(i / row), i % row];
    const [which, head, inHead] = [Math.floor(at / (heads * width)), Math.floor(at / width) % heads, at % width];
    return data[((head * 3 + which) * width + inHead) * row + column] as number;
  });
  return [out, [...shape]];
};

const common = (c: Config): Keys => {
  const width = (c.head_dim ?? n(c, "hidden_size") / n(c, "num_attention_heads")) as number;
  return {
    block_count: n(c, "num_hidden_layers"),
    context_length: n(c, "max_position_embeddings"),
    embedding_length: n(c, "hidden_size"),
    feed_forward_length: n(c, "intermediate_size"),
    "attention.head_count": n(c, "num_attention_heads"),
    "attention.head_count_kv": n(c, "num_key_value_heads"),
    "attention.key_length": width,
    "attention.value_length": width,
    "attention.layer_norm_rms_epsilon": n(c, "rms_norm_eps"),
    "rope.freq_base": (c.rope_theta ?? 10_000) as number,
    "rope.dimension_count": width * ((c.partial_rotary_factor ?? 1) as number),
  };
};

const experts = (c: Config): Keys => ({
  expert_count: n(c, "num_local_experts"),
  expert_used_count: n(c, "num_experts_per_tok"),
});

const gemmaNames: Names = {
  ...llamaNames,
  post_attention_layernorm: "post_attention_norm",
  pre_feedforward_layernorm: "ffn_norm",
  post_feedforward_layernorm: "post_ffw_norm",
};

const gemmaNorms = Object.fromEntries(
  ["output_norm", "attn_norm", "ffn_norm", "post_attention_norm", "post_ffw_norm", "attn_q_norm", "attn_k_norm"].map(
    (name) => [name, plusOne],
  ),
);

const llama: Converter = { names: llamaNames, changes: permutes, keys: common };

/** By `general.architecture`; Mixtral's, which is llama too, by its own name. */
export const converters: Readonly<Record<string, Converter>> = {
  llama,
  smollm3: llama,
  qwen2: { names: llamaNames, keys: common },
  qwen3: { names: llamaNames, keys: common },
  mixtral: {
    names: {
      ...llamaNames,
      "block_sparse_moe.gate": "ffn_gate_inp",
      "block_sparse_moe.experts.w1": "ffn_gate_exps",
      "block_sparse_moe.experts.w2": "ffn_down_exps",
      "block_sparse_moe.experts.w3": "ffn_up_exps",
    },
    changes: permutes,
    keys: (c) => ({ ...common(c), ...experts(c) }),
  },
  qwen3moe: {
    names: {
      ...llamaNames,
      "mlp.gate": "ffn_gate_inp",
      "mlp.experts.gate_proj": "ffn_gate_exps",
      "mlp.experts.down_proj": "ffn_down_exps",
      "mlp.experts.up_proj": "ffn_up_exps",
    },
    keys: (c) => ({
      ...common(c),
      ...experts(c),
      expert_feed_forward_length: n(c, "moe_intermediate_size"),
      expert_weights_norm: c.norm_topk_prob as boolean,
    }),
  },
  gemma2: {
    names: gemmaNames,
    changes: gemmaNorms,
    keys: (c) => ({
      ...common(c),
      "attention.sliding_window": n(c, "sliding_window"),
      attn_logit_softcapping: n(c, "attn_logit_softcapping"),
      final_logit_softcapping: n(c, "final_logit_softcapping"),
    }),
  },
  gemma3: {
    names: gemmaNames,
    changes: gemmaNorms,
    keys: (c) => ({
      ...common(c),
      "attention.sliding_window": n(c, "sliding_window"),
      "rope.freq_base": 1_000_000,
      "rope.freq_base_swa": 10_000,
    }),
  },
  phi3: {
    names: { ...llamaNames, "self_attn.qkv_proj": "attn_qkv", "mlp.gate_up_proj": "ffn_up" },
    keys: (c) => ({
      ...common(c),
      "rope.scaling.original_context_length": n(c, "original_max_position_embeddings"),
      "attention.sliding_window": (c.sliding_window ?? 0) as number,
    }),
  },
  olmo2: {
    names: {
      ...llamaNames,
      post_attention_layernorm: "post_attention_norm",
      post_feedforward_layernorm: "post_ffw_norm",
    },
    keys: common,
  },
  granite: {
    ...llama,
    keys: (c) => ({
      ...common(c),
      "attention.scale": n(c, "attention_multiplier"),
      embedding_scale: n(c, "embedding_multiplier"),
      residual_scale: n(c, "residual_multiplier"),
      logit_scale: n(c, "logits_scaling"),
    }),
  },
  gpt2: {
    names: {
      "transformer.wte": "token_embd",
      "transformer.wpe": "position_embd",
      "transformer.ln_f": "output_norm",
      ln_1: "attn_norm",
      ln_2: "ffn_norm",
      "attn.c_attn": "attn_qkv",
      "attn.c_proj": "attn_output",
      "mlp.c_fc": "ffn_up",
      "mlp.c_proj": "ffn_down",
    },
    changes: { attn_qkv: transposed, attn_output: transposed, ffn_up: transposed, ffn_down: transposed },
    keys: (c) => ({
      block_count: n(c, "n_layer"),
      context_length: n(c, "n_positions"),
      embedding_length: n(c, "n_embd"),
      feed_forward_length: 4 * n(c, "n_embd"),
      "attention.head_count": n(c, "n_head"),
      "attention.layer_norm_epsilon": n(c, "layer_norm_epsilon"),
    }),
  },
  gptneox: {
    names: {
      "gpt_neox.embed_in": "token_embd",
      "gpt_neox.final_layer_norm": "output_norm",
      embed_out: "output",
      input_layernorm: "attn_norm",
      post_attention_layernorm: "ffn_norm",
      "attention.query_key_value": "attn_qkv",
      "attention.dense": "attn_output",
      "mlp.dense_h_to_4h": "ffn_up",
      "mlp.dense_4h_to_h": "ffn_down",
    },
    changes: { attn_qkv: regrouped },
    keys: (c) => ({
      block_count: n(c, "num_hidden_layers"),
      context_length: n(c, "max_position_embeddings"),
      embedding_length: n(c, "hidden_size"),
      feed_forward_length: n(c, "intermediate_size"),
      "attention.head_count": n(c, "num_attention_heads"),
      "attention.layer_norm_epsilon": n(c, "layer_norm_eps"),
      "rope.dimension_count": (c.partial_rotary_factor as number) * (n(c, "hidden_size") / n(c, "num_attention_heads")),
      use_parallel_residual: c.use_parallel_residual as boolean,
    }),
  },
};

const NAME = /^(?:.*(?:layers|\.h)\.(\d+)\.)?(.+?)\.(weight|bias)$/;
const EXPERT = /experts\.(\d+)\./;

/** The file's name of a checkpoint's tensor; experts of a layer have one. */
export const theirName = ({ names }: Converter, name: string): string => {
  const [, layer, part = "", kind] = NAME.exec(name) ?? [];
  const theirs = names[part.replace(EXPERT, "experts.")];
  return layer === undefined ? `${theirs}.${kind}` : `blk.${layer}.${theirs}.${kind}`;
};

const valuesOf = ({ data, ...found }: Tensor): Float32Array => Float32Array.from(toF64({ data, ...found } as Tensor));

/** Matrices one after the other, as one of three axes. */
const stacked = (name: string, parts: readonly Tensor[], shape: readonly number[]): Stored =>
  floats(name, [parts.length, ...shape], Float32Array.from(parts.flatMap((part) => [...valuesOf(part)])));

/** A folder's settings with those of its rope beside them, as the converter finds them. */
export const flat = (config: Config): Config => ({
  ...config,
  ...(config.rope_parameters as Config | undefined),
  head_dim: config.head_dim ?? Number(config.hidden_size) / Number(config.num_attention_heads),
});

/** A folder's checkpoint as the bytes of a GGUF file of F32; `more` goes into it as it is. */
export const converted = async (
  folder: Checkpoint,
  architecture: string,
  config: Config,
  more: { readonly keys?: Keys; readonly tensors?: readonly Stored[] } = {},
): Promise<Buffer> => {
  const converter = converters[architecture] as Converter;
  const found = new Map<string, Tensor[]>();
  for (const ours of folder.tensors.keys()) {
    const name = theirName(converter, ours);
    found.set(name, [...(found.get(name) ?? []), right(await folder.read(ours)())]);
  }
  const tensors = [...found].map(([name, parts]) => {
    const [part] = parts as [Tensor];
    if (name.includes("_exps")) return stacked(name, parts, part.shape as number[]);
    const change = converter.changes?.[name.split(".").at(-2) ?? ""];
    const [data, shape] = change?.(valuesOf(part), part.shape as number[], config) ?? [valuesOf(part), part.shape];
    return floats(name, shape as number[], data);
  });
  const prefix = architecture === "mixtral" ? "llama" : architecture;
  const keys = { ...converter.keys(config), ...more.keys };
  return ggufBytes(
    {
      "general.architecture": prefix,
      ...Object.fromEntries(Object.entries(keys).map(([key, value]) => [`${prefix}.${key}`, value])),
    },
    [...tensors, ...(more.tensors ?? [])],
  );
};
