"""What are the expected values, exactly? DePass once more, in numpy and in float64 throughout, from its mathematics.

    python3 packages/depass/conformance/exact SOURCE TARGET [--ids 1,5,7] [--model CHECKPOINT] [--only PROMPT]...

SOURCE is one folder of expected values (docs/conformance.md), or a checkpoint with a depass.json and --ids; TARGET
becomes a folder of the same form with F64 tensors. Where SOURCE has an index.json, its prompts are computed on
CHECKPOINT. Nothing here is shared with the implementation that it checks.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path

import numpy as np

sys.dont_write_bytecode = True

from model import Model  # noqa: E402
from parts import Pass  # noqa: E402
from tensors import open_safetensors, write_safetensors  # noqa: E402


def answers(one, calls, stored):
    """Every tensor of depass.json, in its order."""
    out = {"states": np.stack(one.states)}
    split = next((int(c["state"][2:-1]) for c in calls.values() if c.get("seed") == "subspace"), None)
    given = None if split is None else stored["subspace.seed"]() if "subspace.seed" in stored else one.subspace(split)
    if given is not None:
        out["subspace.seed"] = np.stack([given[0], one.states[split] - given[0]])
    for name, call in calls.items():
        if "seed" in call:
            out[name] = one.answer(call, given)
        elif "of" in call:
            out[name] = out[call["of"]][call["token"]] @ one.model.unembedding[call["target"]]
    return out


def write_family(source, target, ids):
    stored = source / "forward.safetensors"
    ids = np.array(ids if ids else open_safetensors(stored)["input_ids"](), np.int32)
    one = Pass(Model(source), ids)
    for path in [source / "config.json", *source.glob("model*")]:
        shutil.copyfile(path, target / path.name)
    tensors = {"input_ids": ids, "logits": one.logits(), "states": np.stack(one.states[::2])}
    write_safetensors(target / "forward.safetensors", tensors)
    if (source / "depass.json").exists():
        calls = json.loads((source / "depass.json").read_text())
        known = source / "depass.safetensors"
        out = answers(one, calls, open_safetensors(known) if known.exists() else {})
        write_safetensors(target / "depass.safetensors", out)
        shutil.copyfile(source / "depass.json", target / "depass.json")


def call_of(name):
    """Of a prompt's tensor, `token.softmax.all.target` or `attn.15.target`: the call behind it."""
    seed, which, *rest = name.split(".")
    common = {"seed": seed, "axes": "token,part,hidden", "normed": True}
    if seed != "token":
        return {**common, "layer": int(which), "rule": "softmax"}
    layer = next((int(r[4:]) for r in rest if r.startswith("from")), 0)
    return {**common, "layer": layer, "rule": which, "ignoreSpecialToken": "all" not in rest}


def prompt_tensors(one, prompt, names):
    rows = {what: one.model.unembedding[prompt[what]] for what in ("target", "foil")}
    out = {"input_ids": one.ids, "logits.last": one.logits()[-1]}
    out["states.last_token"] = np.stack([s[-1] for s in one.states[::2]])
    made = {}
    for name in (n for n in names if n not in out):
        call = call_of(name)
        parts = made.setdefault(json.dumps(call), None)
        if parts is None:
            parts = made[json.dumps(call)] = one.answer(call)[-1]
        what = name.split(".")[-1]
        out[name] = parts @ rows[what] if what in rows else parts
    return out


def write_prompts(source, target, model, only):
    prompts = json.loads((source / "index.json").read_text())
    prompts = {name: p for name, p in prompts.items() if only is None or name in only}
    for name, prompt in prompts.items():
        one = Pass(model, np.array(prompt["ids"], np.int32))
        names = open_safetensors(source / f"{name}.safetensors")
        write_safetensors(target / f"{name}.safetensors", prompt_tensors(one, prompt, names))
    (target / "index.json").write_text(json.dumps(prompts))


def main():
    options = argparse.ArgumentParser(description="Expected values in float64 throughout, from the mathematics.")
    options.add_argument("source", type=Path)
    options.add_argument("target", type=Path)
    options.add_argument("--ids", type=lambda text: [int(i) for i in text.split(",")])
    options.add_argument("--model", type=Path)
    options.add_argument("--only", action="append")
    asked = options.parse_args()
    asked.target.mkdir(parents=True, exist_ok=True)
    if not (asked.source / "index.json").exists():
        return write_family(asked.source, asked.target, asked.ids)
    if asked.model is None:
        options.error("--model: expected the folder of the checkpoint that the prompts are for")
    write_prompts(asked.source, asked.target, Model(asked.model), asked.only)


main()
