import { nodesOf, show } from "@depass/graph";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeOlmo2Config, olmo2 } from "../../src/families/olmo2.ts";
import { left, right } from "../either.ts";
import { OLMO2 } from "./hub.ts";

test("OLMo-2-7B as the hub has it", () => {
  const found = right(decodeOlmo2Config(OLMO2));
  assert.equal([found.kvHeads, found.attentionBias, found.eps], [32, false, 1e-6]);
});

test("no branch has a norm before it", () => {
  const { normed } = olmo2(right(decodeOlmo2Config({ ...OLMO2, num_hidden_layers: 1 })));
  assert.not.match(show({ normed }), "input_layernorm");
  const norms = nodesOf({ normed }).filter(({ op }) => op === "rmsNorm");
  assert.is(norms.length, 5); // q, k, behind attention, behind the MLP, the last
});

test("what is not supported is named", () => {
  assert.match(left(decodeOlmo2Config({ ...OLMO2, clip_qkv: 8 })), "clip_qkv: expected settings known of olmo2");
});

test.run();
