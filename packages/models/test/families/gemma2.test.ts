import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeGemma2Config, gemma2 } from "../../src/families/gemma2.ts";
import { left, right } from "../either.ts";
import { without } from "./configs.ts";
import { GEMMA2 } from "./hub.ts";

test("gemma-2-2b as the hub has it", () => {
  const found = right(decodeGemma2Config(GEMMA2));
  assert.equal(
    [found.activation, found.tied, found.attentionSoftcap, found.logitSoftcap, found.queryScalar],
    ["geluTanh", true, 50, 30, 256],
  );
  assert.equal(found.windows.slice(0, 3), [4096, undefined, 4096]);
});

test("a softcap that is null is none; one that is not mentioned is the class's", () => {
  const none = right(decodeGemma2Config({ ...GEMMA2, attn_logit_softcapping: null, final_logit_softcapping: null }));
  assert.equal([none.attentionSoftcap, none.logitSoftcap], [undefined, undefined]);
  assert.is(right(decodeGemma2Config(without(GEMMA2, "final_logit_softcapping"))).logitSoftcap, 30);
  assert.not.ok("softcap" in gemma2(none));
});

test("a window in every second layer, or as layer_types says", () => {
  const types = ["full_attention", "sliding_attention"];
  const change = { num_hidden_layers: 2, layer_types: types };
  assert.equal(right(decodeGemma2Config({ ...GEMMA2, ...change })).windows, [undefined, 4096]);
  assert.match(
    left(decodeGemma2Config({ ...GEMMA2, sliding_window: null })),
    "sliding_window: expected a window for layer 0, which has one, got nothing",
  );
});

test("what is not supported is named", () => {
  assert.match(
    left(decodeGemma2Config({ ...GEMMA2, use_bidirectional_attention: true })),
    "use_bidirectional_attention: expected false, got true",
  );
});

test.run();
