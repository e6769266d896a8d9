import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { distance, near, unknownWord } from "../../src/tokenizer/unknown.ts";
import { fuzz } from "../seed.ts";

test("distances of known pairs", () => {
  assert.is(distance("kitten", "sitting"), 3);
  assert.is(distance("", "abc"), 3);
  assert.is(distance("ab", "ba"), 2);
  assert.is(distance("🥐a", "a"), 1);
});

test("a distance is a metric, and one change is one", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 8 });
  const property = fc.property(word, word, word, fc.nat(), (a, b, c, at) => {
    assert.is(distance(a, b), distance(b, a));
    assert.is(distance(a, b) === 0, a === b);
    assert.ok(distance(a, c) <= distance(a, b) + distance(b, c));
    const cut = at % (a.length + 1);
    assert.is(distance(a, `${a.slice(0, cut)}x${a.slice(cut)}`), 1);
  });
  fc.assert(property, fuzz(500));
});

test("near words: nearest first, at most three, none too far", () => {
  assert.equal(near("Norlnd", ["Osk", "Morland", "Norland"]), ["Norland", "Morland"]);
  assert.equal(near("abcd", ["abcx", "abxd", "axcd", "xbcd"]), ["abcx", "abxd", "axcd"]);
  assert.equal(near("x", [".", "y"]), []);
  assert.equal(near("osk", ["Osk", "skos"]), ["Osk"]);
});

test("the fault has the word as written, and its place", () => {
  const { where, got, next } = unknownWord("in NORLND .", { start: 3, end: 9, whole: true }, "norlnd", ["norland"]);
  assert.is(where, 'text "in NORLND ." at characters 3 to 9');
  assert.is(got, '"NORLND"');
  assert.is(next, 'near it: "norland"');
  assert.match(
    unknownWord("qqqq", { start: 0, end: 4, whole: true }, "qqqq", ["ab"]).next ?? "",
    "none of the 1 words is near",
  );
});

test.run();
