import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeTokenizer } from "../../src/tokenizer/settings.ts";
import { left, right } from "../either.ts";
import { byteLevel, spaceSign, unigram, wordLevel } from "./tiny.ts";

const decode = (json: unknown) => decodeTokenizer(json, "t");
const withModel = (json: Readonly<Record<string, unknown>>, change: object) => ({
  ...json,
  model: { ...(json.model as object), ...change },
});

test("spelling, added tokens and trimming come out", () => {
  assert.is(right(decode(byteLevel())).spelling, "bytes");
  assert.is(right(decode(spaceSign())).spelling, "chars");
  const plain = { singleWord: false, lstrip: false, rstrip: false };
  const end = { id: 261, content: "<end>", special: true, normalized: false, ...plain };
  assert.equal(right(decode(byteLevel())).added, [end]);
  assert.not("trim" in right(decode(byteLevel())));
  assert.equal(right(decode(byteLevel({ post_processor: { type: "ByteLevel" } }))).trim, { keepsAddedSpace: true });
});

test("old files without a model type are recognised", () => {
  assert.is((right(decode(withModel(byteLevel(), { type: undefined }))).library.model as { type: string }).type, "BPE");
  assert.is(
    (right(decode(withModel(unigram(), { type: undefined }))).library.model as { type: string }).type,
    "Unigram",
  );
});

test("only whole words are closed, and they are spelled as they are unless the pre-tokenizer says otherwise", () => {
  const metaspace = { type: "Metaspace", replacement: "▁", prepend_scheme: "always" };
  assert.equal(
    [byteLevel(), spaceSign(), unigram(), wordLevel()].map((json) => right(decode(json)).closed),
    [false, false, false, true],
  );
  assert.is(right(decode(wordLevel())).spelling, "words");
  assert.is(right(decode(wordLevel({ pre_tokenizer: metaspace }))).spelling, "chars");
  assert.is(right(decode(wordLevel({ pre_tokenizer: { type: "ByteLevel" } }))).spelling, "bytes");
});

test("what is damaged or different is named", () => {
  assert.match(left(decode(withModel(byteLevel(), { vocab: { a: "1" } }))), "model at vocab.a: expected a token id");
  assert.match(left(decode(withModel(wordLevel(), { vocab: {} }))), "vocab: expected at least one word");
  assert.match(left(decode(withModel(wordLevel(), { vocab: ["a"] }))), "model at vocab: expected");
  assert.match(left(decode(withModel(byteLevel(), { vocab: {} }))), "expected at least one piece");
  const type = `WordPiece\n${"é".repeat(99)}`;
  assert.match(left(decode({ model: { type } })), /got WordPiece\\né{50}…; this tokenizer is not supported yet$/);
  assert.match(left(decode(withModel(byteLevel(), { merges: ["ab"] }))), 'merges: expected pairs of pieces, got "ab"');
  assert.match(left(decode(withModel(byteLevel(), { end_of_word_suffix: "</w>" }))), "expected no end_of_word_suffix");
  right(decode(withModel(byteLevel(), { end_of_word_suffix: "", continuing_subword_prefix: "" })));
  assert.match(left(decode(withModel(unigram(), { unk_id: 99 }))), "unk_id: expected an id below 8, got 99");
  assert.match(left(decode(withModel(unigram(), { vocab: [] }))), "unk_id");
  assert.match(
    left(decode(byteLevel({ normalizer: { type: "Sequence", normalizers: [{ type: "Prepend" }] } }))),
    "normalizers.0.prepend: expected a text, got nothing",
  );
  assert.match(
    left(decode(byteLevel({ added_tokens: [{ id: -1, content: "x" }] }))),
    "added_tokens.0.id: expected a token id, got -1",
  );
});

test.run();
