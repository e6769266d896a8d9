import { test } from "uvu";
import * as assert from "uvu/assert";
import { labeller, layerName, sentence, speller, teller } from "../../src/page/told.ts";
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
  assert.equal(teller({ result: sample })({ parts: [1] }), {
    name: "·capital",
    score: 3.0000000001,
    share: "75.0 %",
    facts: ["token 1", "id 1", "characters 3 to 11"],
  });
});

test("several parts are told with their sum; a part at a layer with that layer's share", () => {
  const both = teller({ result: sample })({ parts: [0, 1] });
  assert.is(both.name, "The + ·capital");
  assert.is(both.score, 1 + 3.0000000001);
  assert.equal(both.facts, ["tokens 0, 1", "ids 0, 1", "characters 0 to 11"]);
  const at = teller({ result: sample })({ parts: [1], layer: 0 });
  assert.equal([at.score, at.share, at.facts[0]], [-4, "200.0 %", "entering layer 0"]);
  assert.is(teller({ result: sample })({ parts: [0], layer: 1 }).facts[0], "behind all layers");
});

test("what began at no token has no place", () => {
  assert.equal(teller({ result: sample })({ parts: [2] }).facts, []);
});

test("names as one says them: without their space, and by their order where several are one", () => {
  const names = [" a", " b", "a", " ", "·c"];
  const spell = speller(
    toJson(
      attributionOf(
        names,
        names.map(() => 1),
      ),
    ),
  );
  assert.equal(
    names.map((_, i) => spell(i)),
    ["1st a", "b", "2nd a", "·", "·c"],
  );
  const many = speller(
    toJson(
      attributionOf(
        Array.from({ length: 12 }, () => " a"),
        [],
      ),
    ),
  );
  assert.equal([2, 10, 11].map(many), ["3rd a", "11th a", "12th a"]);
});

test("parts of one name are told apart by their tokens", () => {
  const label = labeller(toJson(attributionOf([" a", " b", " a"], [1, 2, 3])));
  assert.equal([0, 1, 2, 3].map(label), ["·a #0", "·b", "·a #2", "bias"]);
});

test("for listeners: one sentence, every character with a name", () => {
  assert.is(
    sentence(teller({ result: sample })({ parts: [1] }), 3),
    "·capital, score +3.000, share 75.0 %, token 1, id 1, characters 3 to 11",
  );
  const evil = toJson(attributionOf(["\u202e\x07"], [1]));
  assert.is(teller({ result: evil })({ parts: [0] }).name, "<U+202E><U+0007>");
});

test("a module: its name and score, and its share of what is explained", () => {
  const modules = {
    heads: [
      [1, 2],
      [0, -1],
    ],
    attention: [3, -1],
    mlp: [5, 6],
    explained: 8,
    rule: "taylor",
    gap: 0,
  };
  const at = (row: number, column: number) => teller({ result: sample, modules })({ parts: [], module: [row, column] });
  assert.equal(at(1, 1), { name: "L1H1", score: -1, share: "-12.5 %", facts: [] });
  assert.equal(
    [at(0, 2), at(1, 3)].map((t) => [t.name, t.score]),
    [
      ["L0 attention", 3],
      ["L1 MLP", 6],
    ],
  );
});

test("layers by their number, the last state as the end", () => {
  assert.equal(["layers.12.resid_pre", "resid_final"].map(layerName), ["12", "end"]);
});

test.run();
