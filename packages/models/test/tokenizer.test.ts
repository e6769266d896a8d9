import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { loadTokenizer, type Tokenizer, tokenizerOf } from "../src/tokenizer.ts";
import { left, right } from "./either.ts";
import { withFiles } from "./folder.ts";
import { fuzz } from "./seed.ts";
import { checkRanges, TEXTS } from "./tokenizer/texts.ts";
import { byteLevel, spaceSign, unigram, wordLevel } from "./tokenizer/tiny.ts";

const make = (json: unknown): Tokenizer => right(tokenizerOf(json, "tokenizer.json"));

/** Tokens as `text[start,end]`. */
const shown = (tokenizer: Tokenizer, text: string, special = false): readonly string[] =>
  right(tokenizer.encode(text, { special })).tokens.map((t) => `${t.text}[${t.start},${t.end}]`);

test("bytes: text, ids and characters travel together", () => {
  const encoding = right(make(byteLevel()).encode("the the", { special: true }));
  assert.is(encoding.text, "the the");
  assert.equal(encoding.ids, [257, 260]);
  assert.equal(encoding.tokens, [
    { id: 257, text: "the", start: 0, end: 3, whole: true, special: false, origin: "text" },
    { id: 260, text: " the", start: 3, end: 7, whole: true, special: false, origin: "text" },
  ]);
});

test("pieces of one character share its range and say that they are pieces", () => {
  const { tokens } = right(make(byteLevel()).encode("é🥐e", { special: false }));
  assert.equal(
    tokens.map((t) => [t.start, t.end, t.whole]),
    [
      [0, 1, false],
      [0, 1, false],
      [1, 3, false],
      [1, 3, false],
      [1, 3, false],
      [1, 3, false],
      [3, 4, true],
    ],
  );
  assert.is(tokens[0]?.text, "<0xC3>");
});

test("what the tokenizer adds is its own, with an empty range", () => {
  const { tokens, ids } = right(make(spaceSign()).encode("the", { special: true }));
  assert.equal(ids, [1, 8, 2]);
  assert.equal(
    tokens.map((t) => [t.text, t.start, t.end, t.special, t.origin]),
    [
      ["<s>", 0, 0, true, "tokenizer"],
      [" the", 0, 3, false, "text"],
      ["</s>", 3, 3, true, "tokenizer"],
    ],
  );
  assert.equal(right(make(spaceSign()).encode("", { special: true })).ids, [1, 2]);
});

test("a special token written in the text is special and the text's own", () => {
  const { tokens } = right(make(spaceSign()).encode("<s>the", { special: true }));
  assert.equal(
    tokens.map((t) => [t.id, t.start, t.end, t.origin]),
    [
      [1, 0, 0, "tokenizer"],
      [1, 0, 3, "text"],
      [8, 3, 6, "text"],
      [2, 6, 6, "tokenizer"],
    ],
  );
});

test("spaces, byte pieces and unknown tokens with a sign for spaces", () => {
  assert.equal(shown(make(spaceSign()), "the the"), [" the[0,3]", " the[3,7]"]);
  assert.equal(shown(make(spaceSign()), "é"), [" [0,1]", "<0xC3>[0,1]", "<0xA9>[0,1]"]);
  assert.equal(shown(make(spaceSign()), "e東t"), [" [0,1]", "e[0,1]", "<unk>[1,2]", "t[2,3]"]);
  assert.equal(shown(make(spaceSign()), "東京 the"), [" [0,1]", "<unk>[0,1]", "<unk>[1,2]", " the[2,6]"]);
});

test("Unigram: words apart, unknown runs as one, normalised text by its origin", () => {
  assert.equal(shown(make(unigram()), "the the"), [" the[0,3]", " the[3,7]"]);
  assert.equal(shown(make(unigram()), "東京 the"), [" [0,1]", "東京[0,2]", " the[2,6]"]);
  assert.equal(right(make(unigram()).encode("東京", { special: false })).ids, [1, 0]);
  assert.equal(shown(make(unigram()), "the\u00a0the"), [" the[0,3]", " the[3,7]"]);
});

test("a ByteLevel post-processor leaves spaces out of the ranges", () => {
  const trimming = byteLevel({ post_processor: { type: "ByteLevel", trim_offsets: true, add_prefix_space: false } });
  assert.equal(shown(make(trimming), "the the "), ["the[0,3]", " the[4,7]", " [8,8]"]);
});

test("a target is the one token that a text is", () => {
  const bytes = make(byteLevel());
  assert.is(right(bytes.idOf(" the")), 260);
  assert.is(right(bytes.idOf("<end>")), 261);
  assert.match(
    left(bytes.idOf("the the")),
    'target: expected a text of one token, got "the the", which is 2: 257 "the", 260 " the"',
  );
  assert.match(left(bytes.idOf("")), "which is none");
  assert.is(right(make(spaceSign()).idOf("the")), 8);
  assert.match(left(make(spaceSign()).idOf(" the")), 'give the id 8, which reads " the"');
  assert.match(left(make(spaceSign()).idOf("東")), 'expected a text in the vocabulary, got "東", which is not');
  assert.match(left(make(unigram()).idOf("東")), "which is not");
  assert.is(right(make(spaceSign()).idOf("<unk>")), 0);
});

test("an id reads as text, or is a fault", () => {
  const tokenizer = make(byteLevel());
  assert.is(tokenizer.size, 262);
  assert.is(right(tokenizer.tokenText(260)), " the");
  assert.is(right(tokenizer.tokenText(0xc3)), "<0xC3>");
  assert.is(right(tokenizer.tokenText(10)), "\n");
  assert.is(right(tokenizer.tokenText(261)), "<end>");
  for (const id of [-1, 262, 1.5, Number.NaN])
    assert.match(left(tokenizer.tokenText(id)), "expected a token id below 262");
});

test("a tokenizer.json that is missing, damaged or of another kind is one clear fault", async () => {
  const load = (files: Readonly<Record<string, string>>) =>
    withFiles(files, async (folder) => left(await loadTokenizer(folder)()));
  assert.match(await load({}), "tokenizer.json: expected a file, got nothing there");
  assert.match(await load({ "tokenizer.json": "{" }), "tokenizer.json: expected JSON");
  assert.match(await load({ "tokenizer.json": "[]" }), "expected an object, got a list of 0");
  assert.match(await load({ "tokenizer.json": "{}" }), "tokenizer.json at model: expected");
  assert.match(
    left(tokenizerOf({ model: { type: "WordPiece", vocab: {} } }, "t")),
    "t at model at type: expected BPE, Unigram or WordLevel, got WordPiece",
  );
  assert.match(
    left(tokenizerOf(byteLevel({ pre_tokenizer: { type: "UnicodeScripts" } }), "t")),
    "Unknown PreTokenizer type: UnicodeScripts",
  );
  const lost = spaceSign({
    post_processor: {
      type: "TemplateProcessing",
      single: [{ SpecialToken: { id: "<x>" } }, { Sequence: { id: "A" } }],
    },
  });
  assert.match(left(tokenizerOf(lost, "t")), "post_processor: expected the text among known tokens, got <x>");
});

test("any text has ranges in order", () => {
  const tokenizers = [byteLevel(), spaceSign(), unigram()].map(make); // of whole words, most texts are faults
  const property = fc.property(TEXTS, fc.constantFrom(...tokenizers), (text, tokenizer) =>
    checkRanges(tokenizer, text),
  );
  fc.assert(property, fuzz(1000));
});

test("with bytes and no normaliser, the ranges cover the text without a gap", () => {
  const tokenizer = make(byteLevel());
  const property = fc.property(TEXTS, (text) => {
    const { tokens } = right(tokenizer.encode(text, { special: false }));
    let covered = 0;
    for (const { start, end } of tokens) {
      assert.ok(start <= covered, `gap before ${start}`);
      covered = Math.max(covered, end);
    }
    assert.is(covered, text.length);
  });
  fc.assert(property, fuzz(1000));
});

test("a tokenizer.json with random changes loads or is a fault, and encoding never throws", () => {
  const paths = [
    ["model"],
    ["model", "type"],
    ["model", "vocab"],
    ["model", "merges"],
    ["model", "unk_token"],
    ["model", "unk_id"],
    ["normalizer"],
    ["pre_tokenizer"],
    ["pre_tokenizer", "type"],
    ["post_processor"],
    ["post_processor", "single"],
    ["added_tokens"],
    ["added_tokens", "0"],
    ["added_tokens", "0", "content"],
    ["normalizer", "type"],
  ] as const;
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constant({ type: "Split", pattern: { Regex: "(" }, behavior: "Isolated" }),
    fc.constant({ type: "Prepend" }),
    fc.constant({ type: "Lowercase" }),
    fc.constant({ type: "Sequence" }),
  );
  const property = fc.property(
    fc.constantFrom(byteLevel, spaceSign, unigram, wordLevel),
    fc.constantFrom(...paths),
    value,
    (kind, path, put) => {
      const json = JSON.parse(JSON.stringify(kind()));
      const holder = path.slice(0, -1).reduce((at, key) => at?.[key], json);
      if (holder === null || typeof holder !== "object") return;
      holder[path.at(-1) as string] = put;
      const tokenizer = tokenizerOf(json, "t");
      if (E.isLeft(tokenizer)) return assert.ok(left(tokenizer).length > 0);
      tokenizer.right.encode("the é 東", { special: true });
      tokenizer.right.idOf("the");
    },
  );
  fc.assert(property, fuzz(2000));
});

test.run();
