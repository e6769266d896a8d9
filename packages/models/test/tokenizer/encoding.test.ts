import * as E from "fp-ts/lib/Either.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Tokenizer, tokenizerOf } from "../../src/tokenizer.ts";
import { left, right } from "../either.ts";
import { byteLevel, spaceSign, wordLevel } from "./tiny.ts";

const make = (json: unknown): Tokenizer => right(tokenizerOf(json, "t"));

/** Tokens as `text[start,end]`. */
const shown = (tokenizer: Tokenizer, text: string, special = false): readonly string[] =>
  right(tokenizer.encode(text, { special })).tokens.map((t) => `${t.text}[${t.start},${t.end}]`);

test("ids are those of the tokens, in order", () => {
  const { ids, tokens } = right(right(tokenizerOf(spaceSign(), "t")).encode("the he", { special: true }));
  assert.equal(
    ids,
    tokens.map(({ id }) => id),
  );
});

test("added tokens that are not special are the text's, and read as written", () => {
  const added_tokens = [{ id: 261, content: "\u00abtool\u00bb", special: false, normalized: true }];
  const { tokens } = right(
    right(tokenizerOf(byteLevel({ added_tokens }), "t")).encode("a\u00abtool\u00bbb", { special: true }),
  );
  assert.equal(
    tokens.map((t) => [t.text, t.start, t.end, t.special]),
    [
      ["a", 0, 1, false],
      ["\u00abtool\u00bb", 1, 7, false],
      ["b", 7, 8, false],
    ],
  );
});

test("a long text is no trouble", () => {
  const text = "the caf\u00e9 ".repeat(5_000);
  for (const kind of [byteLevel(), spaceSign()]) {
    const { tokens } = right(right(tokenizerOf(kind, "t")).encode(text, { special: false }));
    assert.is(tokens.at(-1)?.end, text.length);
  }
});

test("a character without a token is a fault where the vocabulary has no unknown token", () => {
  const bare = { model: { type: "Unigram", unk_id: 0, vocab: [["a", -1]] }, pre_tokenizer: null, normalizer: null };
  assert.ok(E.isRight(right(tokenizerOf(bare, "t")).encode("a", { special: false })));
  assert.match(left(tokenizerOf({ ...bare, model: { type: "Unigram", vocab: [["a", -1]] } }, "t")), "unk_id");
});

test("whole words: ids and ranges are those of Hugging Face's tokenizers 0.23.3", () => {
  const words = make(wordLevel());
  assert.equal(
    right(words.encode("The capital  of\nNorland is Osk.", { special: true })).ids,
    [0, 2, 3, 4, 5, 6, 7, 8],
  );
  assert.equal(shown(words, "The capital  of\nNorland is Osk.", true), [
    "<s>[0,0]",
    "The[0,3]",
    "capital[4,11]",
    "of[13,15]",
    "Norland[16,23]",
    "is[24,26]",
    "Osk[27,30]",
    ".[30,31]",
  ]);
  assert.equal(shown(words, "  Osk . <s>The"), ["Osk[2,5]", ".[6,7]", "<s>[8,11]", "The[11,14]"]);
  assert.equal(shown(words, "café ▁"), ["café[0,4]", "▁[5,6]"]);
  assert.equal(shown(make(wordLevel({ pre_tokenizer: { type: "WhitespaceSplit" } })), "<0xE6> is"), [
    "<0xE6>[0,6]",
    "is[7,9]",
  ]);
  assert.is(right(words.idOf("Osk")), 7);
});

test("whole words: one that the vocabulary lacks is a fault with its place and near words, and never unknown", () => {
  const faults = left(make(wordLevel()).encode("The capitol of Norlan is qqqqqq", { special: true })).split("\n");
  const where = 'text "The capitol of Norlan is qqqqqq" at characters';
  assert.equal(faults, [
    `${where} 4 to 11: expected a word of the vocabulary, got "capitol"; near it: "capital"`,
    `${where} 15 to 21: expected a word of the vocabulary, got "Norlan"; near it: "Norland"`,
    `${where} 25 to 31: expected a word of the vocabulary, got "qqqqqq"; none of the 12 words is near it, see the vocabulary in tokenizer.json`,
  ]);
  assert.match(left(make(wordLevel()).idOf("osk")), 'expected a word of the vocabulary, got "osk"; near it: "Osk"');
  assert.match(
    left(make(wordLevel({ normalizer: { type: "Lowercase" } })).encode("OF IST", { special: false })),
    'at characters 3 to 6: expected a word of the vocabulary, got "IST"; near it: "is"',
  );
});

test.run();
