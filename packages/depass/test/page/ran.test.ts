import { test } from "uvu";
import * as assert from "uvu/assert";
import { ranFacts } from "../../src/page/ran.ts";
import { type AttributionJson, toJson } from "../../src/result.ts";
import { attributionOf } from "../report/tokens.ts";

const sample = toJson(attributionOf(["<s>", " Mary"], [1, 2]));
const factsOf = (changed: Partial<AttributionJson>, stretch?: number) =>
  new Map(ranFacts({ ...sample, seed: "token from layers.0.resid_pre", ...changed }, stretch));

test("all that was run is told: temperature, first token, precision and gap by their names", () => {
  const facts = factsOf({ backend: "webgpu", gap: 7.6e-8 });
  assert.is(facts.get("Rule"), "softmax, temperature 0.1");
  assert.is(facts.get("First token"), "set apart: it takes no MLP output at other tokens");
  assert.is(facts.get("Precision"), "32-bit floats");
  assert.is(facts.get("Conservation gap"), "7.6e-8 of what is explained");
  assert.is(factsOf({ backend: "reference" }).get("Precision"), "64-bit floats");
  for (const name of ["Model", "Parts", "Mode", "Backend", "Time"]) assert.ok(facts.get(name), name);
});

test("what the first token takes is told by rules that have a word on it, of tokens alone", () => {
  const kept = "a part like any other: it takes MLP output at other tokens, too";
  assert.is(factsOf({ rule: "max, special token kept" }).get("First token"), kept);
  assert.is(factsOf({ rule: "taylor" }).get("First token"), kept);
  assert.is(factsOf({ rule: "linear" }).get("First token"), "set apart: it takes no MLP output at other tokens");
  assert.is(factsOf({ rule: "my own" }).get("First token"), undefined);
  assert.is(factsOf({ seed: "head from layer 3" }).get("First token"), undefined);
});

test("special tokens of the prompt, and who put them there", () => {
  const [first, second] = sample.tokens as [AttributionJson["tokens"][number], AttributionJson["tokens"][number]];
  assert.is(factsOf({}).get("Special tokens"), "none in the prompt");
  assert.is(
    factsOf({ tokens: [{ ...first, special: true, origin: "tokenizer" }, second] }).get("Special tokens"),
    "<s> put there by the tokenizer",
  );
  assert.is(
    factsOf({ tokens: [{ ...first, special: true }, second] }).get("Special tokens"),
    "<s> spelled in the text and read as such",
  );
});

test("of a stretch each token is read in front of itself", () => {
  assert.is(factsOf({}, 3).get("Read"), "in front of each of 3 tokens");
  assert.is(factsOf({ to: "L1" }).get("Read"), `behind token ${sample.position}, at L1`);
});

test.run();
