import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeMistralConfig } from "../../src/families/mistral.ts";
import { left, right } from "../either.ts";
import { without } from "./configs.ts";
import { MISTRAL } from "./hub.ts";

test("Mistral-7B as the hub has it", () => {
  const found = right(decodeMistralConfig(MISTRAL));
  assert.equal([found.window, found.headWidth, found.kvHeads, found.tied], [4096, 128, 8, false]);
});

test("a window that is null is none; one that is not mentioned is the class's", () => {
  assert.is(right(decodeMistralConfig({ ...MISTRAL, sliding_window: null })).window, undefined);
  assert.is(right(decodeMistralConfig(without(MISTRAL, "sliding_window"))).window, 4096);
  assert.match(left(decodeMistralConfig({ ...MISTRAL, sliding_window: 0 })), "sliding_window: expected a positive");
});

test("what is not supported is named", () => {
  const refused = (change: object, words: string): void =>
    assert.match(left(decodeMistralConfig({ ...MISTRAL, ...change })), words);
  refused({ layer_types: ["sliding_attention"] }, "layer_types: expected settings known of mistral");
  refused({ num_key_value_heads: undefined }, "num_key_value_heads: expected a positive integer, got nothing");
  refused({ model_type: "ministral" }, 'expected "mistral", got "ministral"');
});

test.run();
