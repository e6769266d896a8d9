import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeQwen2Config } from "../../src/families/qwen2.config.ts";
import { left, right } from "../either.ts";
import { goldenTest, shared } from "../shared.ts";
import { QWEN2, without } from "./configs.ts";

const refused = (change: Readonly<Record<string, unknown>>, words: string): void =>
  assert.match(left(decodeQwen2Config({ ...QWEN2, ...change })), words);

test("Qwen2.5-0.5B as the hub has it", () => {
  const found = right(decodeQwen2Config(QWEN2));
  assert.equal([found.heads, found.kvHeads, found.headWidth, found.tied], [14, 2, 64, true]);
  assert.equal([found.rope, found.eos], [{ kind: "default", theta: 1e6 }, [151_643]]);
});

test("layers have windows from max_window_layers on, if windows are used", () => {
  const windows = (change: object) => right(decodeQwen2Config({ ...QWEN2, num_hidden_layers: 3, ...change })).windows;
  assert.equal(windows({}), [undefined, undefined, undefined]);
  const used = { use_sliding_window: true, sliding_window: 7, max_window_layers: 1 };
  assert.equal(windows(used), [undefined, 7, 7]);
  assert.equal(windows({ ...used, sliding_window: null }), [undefined, undefined, undefined]);
  const layer_types = ["sliding_attention", "full_attention", "sliding_attention"];
  assert.equal(windows({ ...used, layer_types }), [7, undefined, 7]);
});

test("types of layers that cannot be", () => {
  const full = Array.from({ length: 24 }, () => "full_attention");
  right(decodeQwen2Config({ ...QWEN2, layer_types: full }));
  refused(
    { layer_types: [...full.slice(1), "sliding_attention"] },
    "sliding_window: expected a window for layer 23, which has one, got nothing",
  );
  refused(
    { layer_types: [...full.slice(1), "chunked_attention"] },
    'layer_types.23: expected "full_attention" or "sliding_attention", got "chunked_attention"',
  );
  refused({ layer_types: full.slice(1) }, "layer_types: expected one for each of 24 layers, got a list of 23");
});

test("the number of key/value heads is not guessed", () => {
  assert.match(
    left(decodeQwen2Config(without(QWEN2, "num_key_value_heads"))),
    "num_key_value_heads: expected a positive integer, got nothing",
  );
});

test("other settings are named", () => {
  refused({ model_type: "qwen3" }, 'expected "qwen2", got "qwen3"');
  refused({ use_mrope: true }, "use_mrope: expected false");
  refused({ attention_bias: false }, "attention_bias: expected settings known of qwen2");
});

goldenTest("the golden's configuration is accepted whole", () => {
  const found = right(decodeQwen2Config(JSON.parse(readFileSync(shared("goldens", "qwen2", "config.json"), "utf8"))));
  assert.equal([found.layers, found.headWidth, found.rope], [3, 12, { kind: "default", theta: 1e6 }]);
});

test.run();
