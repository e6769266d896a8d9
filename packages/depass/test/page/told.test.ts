import { test } from "uvu";
import * as assert from "uvu/assert";
import { layerName, sentence, told } from "../../src/page/told.ts";
import { toJson } from "../../src/result.ts";
import { attributionOf } from "../report/tokens.ts";

const sample = toJson({
  ...attributionOf(["The", " capital"], [1, 3.0000000001]),
  layers: [
    { site: "layers.0.resid_pre", scores: [2, -4, 0, 0], explained: -2 },
    { site: "resid_final", scores: [1, 3, 0, 0], explained: 4 },
  ],
});

test("a token: score as in the data, share, number, id and characters", () => {
  assert.equal(told(sample, { parts: [1] }), {
    name: "·capital",
    score: 3.0000000001,
    share: "75.0 %",
    facts: ["token 1", "id 1", "characters 3 to 11"],
  });
});

test("several parts are told with their sum; a part at a layer with that layer's share", () => {
  const both = told(sample, { parts: [0, 1] });
  assert.is(both.name, "The + ·capital");
  assert.is(both.score, 1 + 3.0000000001);
  assert.equal(both.facts, ["tokens 0, 1", "ids 0, 1", "characters 0 to 11"]);
  const at = told(sample, { parts: [1], layer: 0 });
  assert.equal([at.score, at.share, at.facts[0]], [-4, "200.0 %", "entering layer 0"]);
  assert.is(told(sample, { parts: [0], layer: 1 }).facts[0], "behind all layers");
});

test("what began at no token has no place", () => {
  assert.equal(told(sample, { parts: [2] }).facts, []);
});

test("for listeners: one sentence, every character with a name", () => {
  assert.is(
    sentence(told(sample, { parts: [1] }), 3),
    "·capital, score +3.000, share 75.0 %, token 1, id 1, characters 3 to 11",
  );
  const evil = toJson(attributionOf(["\u202e\x07"], [1]));
  assert.is(told(evil, { parts: [0] }).name, "<U+202E><U+0007>");
});

test("layers by their number, the last state as the end", () => {
  assert.equal(["layers.12.resid_pre", "resid_final"].map(layerName), ["12", "end"]);
});

test.run();
