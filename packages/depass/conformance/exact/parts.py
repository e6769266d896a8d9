"""The decomposed pass in float64, as the published code defines it: seeds, rules, and parts carried layer by layer.

Parts are [M, T, D], M parts of T tokens; the last is the one that is treated as the remainder. At token level that is
an empty part behind the named ones; below it, it is the last named one, as published. Additive constants belong to no
part and are dropped. I is the MLP width.
"""

import numpy as np
from model import forward, joined, mixed, softmax

EDGE = 1e-5  # a smaller gate input of the last part counts as none


def conditioned(g, ignore_special):
    """Gate inputs [M, T, I] as the published code takes them; the last part is the remainder."""
    g = g.copy()
    if ignore_special:
        g[0, 1:] = 0
    g[0, 0] = 1
    g[-1][np.abs(g[-1]) < EDGE] = 0
    g[-1][(g == 0).all(0)] = 1
    return g


def shares(rule, g, gate, temperature, ignore_special, named):
    """Weights [M, T, I] of the parts; `relu` and `taylor` with what the published code adds under their lines."""
    if rule == "taylor":
        return g / (gate + 1e-8)
    g = conditioned(g, ignore_special)
    has = g != 0
    if rule == "softmax":
        return softmax(np.moveaxis(np.where(has, g, -np.inf) / temperature, 0, -1)).transpose(2, 0, 1)
    if rule == "max":
        return (np.arange(len(g))[:, None, None] == np.where(has, g, -np.inf).argmax(0)).astype(float)
    if rule == "relu":
        positive = np.maximum(g, 0)
        positive[named:] = 0
        return positive / (positive.sum(0) + 1e-6)
    if rule == "linear":
        above = np.where(has, g - np.where(has, g, np.inf).min(0), 0)
        alike = above.sum(0) == 0
        return np.where(alike, has, above) / np.where(alike, has.sum(0), above.sum(0))
    raise SystemExit(f"rule: expected softmax, max, relu, linear or taylor, got {rule}")


class Pass:
    """One prompt: its ordinary pass, made once, and the parts that are carried along it."""

    def __init__(self, model, ids):
        self.model, self.ids = model, ids
        self.states, self.frozen = forward(model, ids)
        self.last_scale = model.scale(self.states[-1], "model.norm.weight")

    def logits(self):
        return (self.states[-1] * self.last_scale) @ self.model.unembedding.T

    def subspace(self, state):
        """[2, T, D]: a state's projection on a third of all dimensions, drawn with a fixed seed, and the rest of it."""
        s = self.states[state]
        basis = np.linalg.qr(np.random.default_rng(0).normal(size=(s.shape[1], s.shape[1] // 3)))[0]
        return np.stack([s @ basis @ basis.T, s - s @ basis @ basis.T])

    def seed(self, call, given=None):
        """The parts [M, T, D] of a call, how many of them are named, and the state that they sum to."""
        kind, layer = call["seed"], call.get("layer", 0)
        if kind == "subspace":
            at = int(call["state"][2:-1])
            return np.stack([given[0], self.states[at] - given[0]]), 2, at
        if kind == "token":
            s = self.states[2 * layer]
            return np.concatenate([np.eye(len(s))[:, :, None] * s, np.zeros((1, *s.shape))]), len(s), 2 * layer
        before, between, after = self.states[2 * layer : 2 * layer + 3]
        if kind == "attn":
            return np.stack([before, between - before]), 2, 2 * layer + 1
        if kind == "mlp":
            return np.stack([between, after - between]), 2, 2 * layer + 2
        if kind == "attn_head":
            heads = self.frozen[layer]["heads"]
            each = np.eye(self.model.heads)[:, None, :, None] * heads
            return np.concatenate([before[None], joined(self.model, layer, each)]), len(each) + 1, 2 * layer + 1
        if kind == "neuron":
            chosen, neurons = call["neurons"], self.frozen[layer]["neurons"]
            columns = self.model.weight(f"model.layers.{layer}.mlp.down_proj.weight").T
            each = neurons[:, chosen].T[:, :, None] * columns[chosen][:, None]
            rest = between + np.delete(neurons, chosen, 1) @ np.delete(columns, chosen, 0)
            return np.concatenate([rest[None], each]), len(each) + 1, 2 * layer + 2
        raise SystemExit(f"seed: expected token, subspace, attn, mlp, attn_head or neuron, got {kind}")

    def attended(self, parts, layer):
        frozen = self.frozen[layer]
        return parts + joined(self.model, layer, mixed(self.model, layer, parts * frozen["scale"], frozen["weights"]))

    def shared_out(self, parts, layer, call, named):
        at, frozen = f"model.layers.{layer}.mlp", self.frozen[layer]
        g = self.model.linear(parts * frozen["mlp_scale"], f"{at}.gate_proj")
        options = call.get("temperature", 0.1), call.get("ignoreSpecialToken", False), named
        weights = shares(call["rule"], g, frozen["gate"], *options)
        return parts + self.model.linear(weights * frozen["neurons"], f"{at}.down_proj")

    def carried(self, call, given=None):
        """By state, from the seed to the last: the named parts [T, M, D]."""
        parts, named, start = self.seed(call, given)
        out = {start: parts}
        for state in range(start, 2 * min(self.model.layers, call.get("until", self.model.layers))):
            layer, is_mlp = divmod(state, 2)
            parts = self.shared_out(parts, layer, call, named) if is_mlp else self.attended(parts, layer)
            out[state + 1] = parts
        return {state: p[:named].swapaxes(0, 1) for state, p in out.items()}

    def answer(self, call, given=None):
        """What a call of depass.json returns."""
        by_state = self.carried(call, given)
        if call["axes"].startswith("layer"):
            first = 0 if call["seed"] == "token" else min(by_state) + 1
            return np.stack([p for s, p in by_state.items() if s % 2 == 0 and s >= first])
        last = by_state[max(by_state)]
        return last * self.last_scale[:, None] if call.get("normed") else last
