import * as E from "fp-ts/lib/Either.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { tokenizerOf } from "../../src/tokenizer.ts";
import { left, right } from "../either.ts";
import { byteLevel, spaceSign } from "./tiny.ts";

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

test.run();
