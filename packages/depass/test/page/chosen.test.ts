import { orThrow } from "@depass/graph";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cite } from "../../src/cite.ts";
import { chosen, rangeOf, spanAt } from "../../src/page/chosen.ts";
import { writtenJson } from "../../src/page/written.ts";
import { scoreFor, writtenOf } from "./written.ts";

const source = writtenOf(["The", " king", " rules.", " A", " fox", " runs."], [" He", " sings", " well"]);
const written = writtenJson(source, 1000);

test("one token: the scores of all before it", () => {
  const { parts, prompt, target, tokens, position } = chosen(written, { from: 1, to: 2 }, "token");
  assert.equal(
    parts.map((p) => p.score),
    [...[0, 1, 2, 3, 4, 5, 6].map((t) => scoreFor(t, 7)), 0.25, 0],
  );
  assert.equal([prompt, target.text, tokens.length, position], ["The king rules. A fox runs. He", " sings", 7, 6]);
});

test("several tokens are what cite() adds up, by any unit", () => {
  for (const by of ["token", "word", "sentence"] as const) {
    const cited = orThrow(cite(source.explanation, { from: 1, to: 3 }, by));
    const found = chosen(written, { from: 1, to: 3 }, by);
    const named = new Map(found.parts.map((p) => [p.name, p.score]));
    for (const { text, score } of cited.sources)
      assert.ok(Math.abs((named.get(text) ?? 0) - score) < 1e-12, `${by}: ${text}`);
    assert.ok(Math.abs(found.total - cited.total) < 1e-12);
    assert.ok(Math.abs(found.parts.reduce((sum, p) => sum + p.score, 0) - found.total) < 1e-12);
    assert.is(found.target.text, cited.text);
    assert.is(found.target.probability, 0.25);
  }
});

test("tokens that are told apart from others: their foils, and what the scores then sum to", () => {
  const foils = [{ id: 9, text: " dances", logit: 2, timesAsLikely: 0.5 }];
  const tokens = source.explanation.tokens.map((t) => ({ ...t, logit: t.total + 2, foils }));
  const told = writtenJson({ ...source, explanation: { ...source.explanation, tokens } }, 1000);
  const one = chosen(told, { from: 1, to: 2 }, "token");
  assert.equal(one.foils, [{ id: 9, text: " dances", logit: 2, probability: 0.25 }]);
  assert.is(one.explained, one.total);
  assert.is(one.target.logit, one.total + 2);
  const two = chosen(told, { from: 1, to: 3 }, "word");
  assert.equal(
    two.foils?.map(({ text, logit, probability }) => [text, logit, probability]),
    [[" dances dances", 4, 0.0625]],
  );
  assert.ok(Math.abs(two.explained - two.total) < 1e-12 && two.gap < 1e-12);
});

test("a text of the answer is found as its tokens; another is all of it", () => {
  assert.equal(rangeOf(written, "ings we"), { from: 1, to: 3 });
  assert.equal(rangeOf(written, "king"), { from: 0, to: 3 });
  assert.equal(rangeOf(written, undefined), { from: 0, to: 3 });
});

test("the word and the sentence that a token of the answer is in, as far as they are explained", () => {
  const answer = writtenOf(["The", " king"], [" Riv", "land", " is", ".", " It", " is"]);
  const all = writtenJson(answer, 1000);
  assert.equal(
    [0, 1, 2].map((token) => spanAt(all, "word", token)),
    [
      { from: 0, to: 2 },
      { from: 0, to: 2 },
      { from: 2, to: 3 },
    ],
  );
  assert.equal(spanAt(all, "sentence", 1), { from: 0, to: 4 });
  assert.equal(spanAt(all, "sentence", 5), { from: 4, to: 6 });
  assert.equal(spanAt(writtenJson(answer, 6), "sentence", 0), { from: 0, to: 2 });
});

test("of a text that is too long the first tokens are kept, whole", () => {
  const few = writtenJson(source, 14);
  assert.equal(
    few.lines.map((l) => l.scores.length),
    [6, 7],
  );
  assert.is(few.count, 3);
  assert.is(writtenJson(source, 1).lines.length, 1);
});

test.run();
