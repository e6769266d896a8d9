import { test } from "uvu";
import * as assert from "uvu/assert";
import { allPhrasings } from "../phrasings.ts";
import { idsOf, vocabularyOf } from "../vocabulary.ts";
import { entitiesOf, worldOf } from "../world.ts";

const vocabulary = vocabularyOf(worldOf(1));

test("a few hundred words, each with one id, the beginning first", () => {
  assert.is(vocabulary.words.length, 326);
  assert.is(vocabulary.ids.size, vocabulary.words.length);
  for (const [id, word] of vocabulary.words.entries()) assert.is(vocabulary.ids.get(word), id, word);
  assert.is(vocabulary.words[0], "<s>");
});

test("every name and every word of a phrasing is in it, and nothing else", () => {
  const written = allPhrasings.flatMap(({ pieces }) => pieces.flatMap((piece) => ("word" in piece ? piece.word : [])));
  const all = new Set(["<s>", ...written, ...entitiesOf(worldOf(1))]);
  assert.equal(new Set(vocabulary.words), all);
});

test("the ids of a text begin with the beginning; a word of another world has none", () => {
  const [, first, second] = vocabulary.words;
  assert.equal(idsOf(vocabulary, [second!, first!]), [0, 2, 1]);
  assert.throws(() => idsOf(vocabulary, ["Paris"]), /internal: "Paris" is not in the vocabulary/);
});

test("worlds differ in their names and not in their number of words", () => {
  for (let seed = 0; seed < 20; seed++)
    assert.is(vocabularyOf(worldOf(seed)).words.length, vocabulary.words.length, `seed ${seed}`);
});

test.run();
