import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeGraniteConfig, granite } from "../../src/families/granite.ts";
import { left, right } from "../either.ts";
import { GRANITE } from "./hub.ts";

test("granite-3.1-2b as the hub has it", () => {
  const found = right(decodeGraniteConfig(GRANITE));
  assert.equal(found.scales, { embedding: 12, branch: 0.22, attention: 0.015625, logit: 0.125 });
  assert.is(granite(found).logitScale, 0.125);
});

test("what is not supported is named", () => {
  const refused = (change: object, words: string): void =>
    assert.match(left(decodeGraniteConfig({ ...GRANITE, ...change })), words);
  refused({ logits_scaling: 0 }, "logits_scaling: expected a positive number, got 0");
  refused({ num_local_experts: 40 }, "num_local_experts: expected settings known of granite");
});

test.run();
