import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { splitsIn, type TextRange } from "../../src/tokenizer/plain.ts";
import { loadTokenizer, type SplitSpecialTokens, type Tokenizer, tokenizerOf } from "../../src/tokenizer.ts";
import { left, right } from "../either.ts";
import { askPython, pythonTests } from "../python.ts";
import { fuzz } from "../seed.ts";
import { folderOf, styles } from "./styles.ts";
import { checkRanges, TEXTS } from "./texts.ts";
import { byteLevel, spaceSign, unigram } from "./tiny.ts";

const make = (json: unknown): Tokenizer => right(tokenizerOf(json, "t"));

const idsOf = (tokenizer: Tokenizer, text: string, splitSpecialTokens: SplitSpecialTokens): readonly number[] =>
  right(tokenizer.encode(text, { special: false, splitSpecialTokens })).ids;

const ranges = fc.array(
  fc.tuple(fc.nat(30), fc.nat(8)).map(([start, length]): TextRange => ({ start, end: start + length })),
  { maxLength: 6 },
);

test("a special token is text where a character of it is in a range", () => {
  const property = fc.property(ranges, fc.nat(30), fc.integer({ min: 1, max: 8 }), (all, start, length) => {
    const token = { start, end: start + length };
    const expected = all.some((range) => range.start < range.end && range.start < token.end && token.start < range.end);
    assert.is(splitsIn(all)(token), expected);
  });
  fc.assert(property, fuzz(500));
});

test("a special token is split everywhere, nowhere, or within ranges", () => {
  const bytes = make(byteLevel());
  const text = "<end>the<end>";
  assert.equal(idsOf(bytes, text, false), [261, 257, 261]);
  const split = idsOf(bytes, text, true);
  assert.is(split.length, 11);
  assert.equal(idsOf(bytes, text, [{ start: 0, end: 5 }]), [...split.slice(0, 5), 257, 261]);
  assert.equal(idsOf(bytes, text, [{ start: 12, end: 13 }]), [261, 257, ...split.slice(6)]);
  assert.equal(idsOf(bytes, text, [{ start: 5, end: 8 }]), [261, 257, 261]);
});

test("what is put around a text is put there, whatever the text spells", () => {
  const { tokens } = right(make(spaceSign()).encode("<s>the", { special: "once", splitSpecialTokens: true }));
  assert.equal(
    tokens.filter(({ special, text }) => special && text !== "<unk>").map(({ id, origin }) => [id, origin]),
    [
      [1, "tokenizer"],
      [2, "tokenizer"],
    ],
  );
});

test("where a vocabulary has the special token as a piece of text, there is no other reading: a fault", () => {
  const json = unigram({ added_tokens: [{ id: 2, content: "▁the", special: true, normalized: false }] });
  const refused = left(make(json).encode("the", { special: false, splitSpecialTokens: true }));
  assert.match(refused, 't: expected ordinary tokens for special ones in the text, got the token itself for "▁the"');
});

test("nothing is split where nothing is spelled; ranges stay in order", () => {
  const tokenizers = [byteLevel(), spaceSign()].map(make);
  const property = fc.property(TEXTS, fc.constantFrom(...tokenizers), ranges, (text, tokenizer, splits) => {
    const read = right(tokenizer.encode(text, { special: true }));
    const found = tokenizer.encode(text, { special: true, splitSpecialTokens: splits });
    if (read.tokens.every(({ special, origin }) => !special || origin === "tokenizer"))
      assert.equal(found, E.right(read));
    checkRanges(tokenizer, text, splits);
  });
  fc.assert(property, fuzz(1000));
});

// Hugging Face's own tokenizers: `encode_special_tokens` is what transformers' split_special_tokens sets.
const PYTHON = `
import json, sys
from tokenizers import Tokenizer
asked, split = json.load(sys.stdin)
out = []
for at, texts in asked:
    tokenizer = Tokenizer.from_file(at) if at.endswith(".json") else Tokenizer.from_str(at)
    tokenizer.encode_special_tokens = split
    out.append([tokenizer.encode(text, add_special_tokens=False).ids for text in texts])
print(json.dumps(out))
`;

/** The ids of each text, for each tokenizer: a path, or its JSON. */
const idsByPython = (asked: readonly (readonly [string, readonly string[]])[], split: boolean): Promise<number[][][]> =>
  askPython(PYTHON, [asked, split]) as Promise<number[][][]>;

const SPELLED = ["<|im_end|>", "<|im_start|>", "<|endoftext|>", "<s>", "</s>", "<bos>", "<unk>", "<|end_of_text|>"];
const spelling = fc
  .array(fc.oneof(fc.constantFrom(...SPELLED, " ", "\n", "the", "  Hi", "<|", "é東"), fc.string({ maxLength: 6 })), {
    maxLength: 8,
  })
  .map((parts) => parts.join(""));

const { plain: pythonTest, golden: pythonGoldenTest } = await pythonTests("tokenizers");

pythonGoldenTest("special tokens that a text spells have the ids that split_special_tokens gives them", async () => {
  const texts = [...SPELLED, ...fc.sample(spelling, fuzz(100))];
  const paths = styles.map((style) => `${folderOf(style)}/tokenizer.json`);
  const expected = await idsByPython(
    paths.map((path) => [path, texts]),
    true,
  );
  for (const [i, style] of styles.entries()) {
    const tokenizer = right(await loadTokenizer(folderOf(style))());
    const isSpecial = (id: number): boolean => tokenizer.bytes(id).length === 0;
    texts.forEach((text, j) => {
      const ids = expected[i]?.[j] as number[];
      const found = tokenizer.encode(text, { special: false, splitSpecialTokens: true });
      if (E.isRight(found)) assert.equal(found.right.ids, ids, `${style}: ${JSON.stringify(text)}`);
      else assert.ok(ids.some(isSpecial), `${style}: ${JSON.stringify(text)} is ${left(found)}`);
    });
    // Unigram's vocabulary has its special tokens as pieces, and Python gives them for a text that is split, too.
    const ends = tokenizer.encode("</s>", { special: false, splitSpecialTokens: true });
    assert.is(E.isLeft(ends), style === "unigram-style");
  }
});

/** Odd added tokens: a single word, ones that take the spaces around them, one of the normalised text, one inside another. */
const oddTokens = byteLevel({
  normalizer: { type: "Lowercase" },
  added_tokens: [
    { id: 261, content: "<end>", special: true, normalized: false },
    { id: 262, content: "<L>", special: true, normalized: false, lstrip: true },
    { id: 263, content: "<R>", special: true, normalized: false, rstrip: true },
    { id: 264, content: "word", special: false, normalized: true, single_word: true },
    { id: 265, content: "en", special: false, normalized: false },
    { id: 266, content: "<LATE>", special: true, normalized: true },
  ].map((token) => ({ single_word: false, lstrip: false, rstrip: false, ...token })),
});

const oddText = fc
  .array(fc.constantFrom("<end>", "<L>", "<R>", "word", "en", "<LATE>", "<late>", " ", "  \n", "the", "_", "é"), {
    maxLength: 9,
  })
  .map((parts) => parts.join(""));

for (const splits of [false, true])
  pythonTest(
    `added tokens of every kind are cut out as in Rust, special tokens ${splits ? "split" : "kept"}`,
    async () => {
      const texts = fc.sample(oddText, fuzz(300));
      const [expected = []] = await idsByPython([[JSON.stringify(oddTokens), texts]], splits);
      const tokenizer = make(oddTokens);
      texts.forEach((text, i) => {
        assert.equal(idsOf(tokenizer, text, splits), expected[i], JSON.stringify(text));
      });
    },
  );

test.run();
