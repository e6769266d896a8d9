import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeSmolLM3Config } from "../../src/families/smollm3.ts";
import { left, right } from "../either.ts";
import { without } from "./configs.ts";
import { SMOLLM3 } from "./hub.ts";

test("SmolLM3-3B as the hub has it", () => {
  const found = right(decodeSmolLM3Config(SMOLLM3));
  assert.equal([found.tied, found.turns.slice(0, 5)], [true, [true, true, true, false, true]]);
  assert.equal(new Set(found.windows), new Set([undefined]));
});

test("the layers that do not turn, by the interval where no list says them", () => {
  const bare = { ...without(SMOLLM3, "no_rope_layers", "layer_types", "rope_theta"), num_hidden_layers: 3 };
  const found = right(decodeSmolLM3Config({ ...bare, no_rope_layer_interval: 2 }));
  assert.equal([found.turns, found.rope.theta], [[true, false, true], 2e6]);
  const windowed = { no_rope_layer_interval: 2, use_sliding_window: true, sliding_window: 5 };
  assert.equal(right(decodeSmolLM3Config({ ...bare, ...windowed })).windows, [undefined, 5, undefined]);
});

test("lists that do not fit", () => {
  const refused = (change: object, words: string): void =>
    assert.match(left(decodeSmolLM3Config({ ...SMOLLM3, ...change })), words);
  refused({ no_rope_layers: [1, 0] }, "no_rope_layers: expected one for each of 36 layers, got a list of 2");
  refused({ no_rope_layers: [2] }, "no_rope_layers.0: expected 0 or 1, got 2");
});

test.run();
