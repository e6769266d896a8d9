"""The ordinary pass of a Llama-like model in float64, and what of it the decomposed pass holds fixed.

One rounding is part of the model: the rotary tables are computed in float32, step by step, as transformers does.
Letters: T tokens, H heads, F head width.
"""

import json

import numpy as np
from tensors import open_safetensors

FAMILIES = ("llama", "qwen2", "mistral", "qwen3", "smollm3")


def silu(x):
    return x / (1 + np.exp(-x))


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


class Model:
    """A checkpoint and its config; a weight is read when it is first used, and stays in float64."""

    def __init__(self, folder):
        self.config = c = json.loads((folder / "config.json").read_text())
        if c["model_type"] not in FAMILIES or c["hidden_act"] != "silu":
            raise SystemExit(f"{folder}: expected one of {', '.join(FAMILIES)} with silu, got {c['model_type']}")
        if c.get("use_sliding_window"):
            raise SystemExit(f"{folder}: use_sliding_window: expected false, got true")
        self.tensors, self.read = {}, {}
        for path in sorted(folder.glob("model*.safetensors")):
            self.tensors |= open_safetensors(path)
        self.layers, self.heads = c["num_hidden_layers"], c["num_attention_heads"]
        self.groups = c.get("num_key_value_heads", self.heads)
        self.width = c.get("head_dim") or c["hidden_size"] // self.heads
        self.eps = c["rms_norm_eps"]

    def weight(self, name):
        if name not in self.read:
            self.read[name] = self.tensors[name]()
        return self.read[name]

    def linear(self, x, name, bias=False):
        """x W^T; its bias, where it has one, only on request: parts go without."""
        y = x @ self.weight(f"{name}.weight").T
        return y + self.weight(f"{name}.bias") if bias and f"{name}.bias" in self.tensors else y

    def scale(self, state, name):
        """[T, D]: what an RMS norm multiplies a state with."""
        return self.weight(name) / np.sqrt((state**2).mean(-1, keepdims=True) + self.eps)

    @property
    def unembedding(self):
        tied = self.config.get("tie_word_embeddings", False)
        return self.weight("model.embed_tokens.weight" if tied else "lm_head.weight")


def frequencies(config, width):
    """Radians a position, [F/2]: float32 at every step, in the order in which transformers takes them."""
    rope = config.get("rope_parameters") or {"rope_theta": config.get("rope_theta", 10000.0)}
    scaling = config.get("rope_scaling") or rope
    exponents = np.arange(0, width, 2, np.float32) / np.float32(width)
    plain = np.float32(1) / np.power(rope["rope_theta"], exponents.astype(float)).astype(np.float32)
    kind = scaling.get("rope_type", "default")
    if kind == "default":
        return plain
    if kind != "llama3":
        raise SystemExit(f"rope_type: expected default or llama3, got {kind}")
    low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
    turns = scaling["original_max_position_embeddings"] / (2 * np.pi / plain)
    smooth = (turns - low) / (high - low)
    between = (1 - smooth) * plain / scaling["factor"] + smooth * plain
    return np.where(turns < low, plain / scaling["factor"], np.where(turns > high, plain, between)).astype(np.float32)


def turned(x, freqs):
    """Rotary embedding of x [T, heads, F]: channel i turns with channel i + F/2."""
    angles = np.arange(len(x), dtype=np.float32)[:, None] * freqs
    cos, sin = (f(angles.astype(float)).astype(np.float32).astype(float)[:, None] for f in (np.cos, np.sin))
    a, b = np.split(x, 2, -1)
    return np.concatenate([a * cos - b * sin, b * cos + a * sin], -1)


def attention_weights(model, layer, x):
    """[H, T, T] of a normed state."""
    at, count = f"model.layers.{layer}.self_attn", len(x)

    def projected(which, heads):
        y = model.linear(x, f"{at}.{which}_proj", bias=True).reshape(count, heads, model.width)
        norm = f"{at}.{which}_norm.weight"
        y = y * model.scale(y, norm) if norm in model.tensors else y
        turns = (model.config.get("no_rope_layers") or [1] * model.layers)[layer]
        return turned(y, frequencies(model.config, model.width)) if turns else y

    k = projected("k", model.groups).repeat(model.heads // model.groups, 1)
    scores = np.einsum("qhf,khf->hqk", projected("q", model.heads), k) / np.sqrt(model.width)
    back = np.arange(count)[:, None] - np.arange(count)
    window = (model.config["model_type"] == "mistral" and model.config.get("sliding_window")) or count
    return softmax(np.where((back >= 0) & (back < window), scores, -np.inf))


def mixed(model, layer, x, weights, bias=False):
    """Values of x [..., T, D] mixed by the attention weights: [..., T, H, F]."""
    v = model.linear(x, f"model.layers.{layer}.self_attn.v_proj", bias)
    v = v.reshape(*v.shape[:-1], model.groups, model.width).repeat(model.heads // model.groups, -2)
    return np.einsum("hqk,...khf->...qhf", weights, v)


def joined(model, layer, heads, bias=False):
    """[..., T, H, F] through the output map."""
    return model.linear(heads.reshape(*heads.shape[:-2], -1), f"model.layers.{layer}.self_attn.o_proj", bias)


def forward(model, ids):
    """The ordinary pass: states S[0 .. 2L], and of each layer what is frozen in the decomposed one."""
    states, frozen = [model.weight("model.embed_tokens.weight")[ids]], []
    for layer in range(model.layers):
        at, s = f"model.layers.{layer}", states[-1]
        scale = model.scale(s, f"{at}.input_layernorm.weight")
        weights = attention_weights(model, layer, s * scale)
        heads = mixed(model, layer, s * scale, weights, bias=True)
        s = s + joined(model, layer, heads, bias=True)
        mlp_scale = model.scale(s, f"{at}.post_attention_layernorm.weight")
        gate = model.linear(s * mlp_scale, f"{at}.mlp.gate_proj", bias=True)
        neurons = silu(gate) * model.linear(s * mlp_scale, f"{at}.mlp.up_proj", bias=True)
        states += [s, s + model.linear(neurons, f"{at}.mlp.down_proj", bias=True)]
        frozen.append(dict(scale=scale, weights=weights, heads=heads, mlp_scale=mlp_scale, gate=gate, neurons=neurons))
    return states, frozen
