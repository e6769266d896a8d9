import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeGemma3Config } from "../../src/families/gemma3.ts";
import { left, right } from "../either.ts";
import { without } from "./configs.ts";
import { GEMMA3 } from "./hub.ts";

test("gemma-3-1b as the hub has it", () => {
  const found = right(decodeGemma3Config(GEMMA3));
  assert.equal(
    [found.rope, found.localRope].map((r) => r.theta),
    [1e6, 1e4],
  );
  assert.equal(found.windows.slice(3, 7), [512, 512, undefined, 512]);
  assert.equal(found.isLocal.slice(3, 7), [true, true, false, true]);
});

test("the newer spelling: a rope for each type of layer", () => {
  const rope_parameters = {
    full_attention: { rope_type: "linear", factor: 8.0, rope_theta: 1_000_000 },
    sliding_attention: { rope_type: "default", rope_theta: 10_000 },
  };
  const old = without(GEMMA3, "rope_theta", "rope_local_base_freq", "rope_scaling", "sliding_window_pattern");
  const found = right(decodeGemma3Config({ ...old, rope_parameters, _sliding_window_pattern: 6 }));
  assert.equal(found.rope, { kind: "linear", theta: 1e6, factor: 8 });
  assert.equal(found.localRope, { kind: "default", theta: 1e4 });
});

test("a scaling belongs to the layers without a window", () => {
  const found = right(decodeGemma3Config({ ...GEMMA3, rope_scaling: { rope_type: "linear", factor: 8.0 } }));
  assert.equal([found.rope.kind, found.localRope.kind], ["linear", "default"]);
});

test("what is not supported is named", () => {
  const refused = (change: object, words: string): void =>
    assert.match(left(decodeGemma3Config({ ...GEMMA3, ...change })), words);
  refused({ attn_logit_softcapping: 50 }, "attn_logit_softcapping: expected this setting absent, got 50");
  refused({ model_type: "gemma3" }, 'model_type: expected "gemma3_text", got "gemma3"');
  refused({ vision_config: {} }, "vision_config: expected settings known of gemma3_text");
});

test.run();
