import { test } from "uvu";
import * as assert from "uvu/assert";
import { showTwins } from "../../src/report/twins.ts";

test("how many of each kind, then each", () => {
  const lines = showTwins([
    { node: "linear", exactness: "exact" },
    { node: "attend", exactness: "frozen", site: "layers.0.attn.z" },
    { node: "gated", exactness: "rule", site: "layers.0.mlp.post" },
  ]);
  assert.equal(lines, [
    "twins (3)",
    "exact  1: linear in the parts as it is",
    "frozen 1: linear once a factor is taken from the whole",
    "rule   1: the sum is kept; the rule says who gets what",
    "",
    "exact   linear",
    "frozen  attend  @ layers.0.attn.z",
    "rule    gated   @ layers.0.mlp.post",
  ]);
});

test.run();
