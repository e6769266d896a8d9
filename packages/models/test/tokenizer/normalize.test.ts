import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { build, type Normalizer } from "../../src/tokenizer/library.ts";
import { charsOf, normalize } from "../../src/tokenizer/normalize.ts";
import { right } from "../either.ts";
import { fuzz } from "../seed.ts";
import { byteLevel } from "./tiny.ts";

const make = (normalizer: object): Normalizer => {
  const json = byteLevel({ normalizer, decoder: null });
  const { normalizer: made } = right(build(json, "t"));
  assert.ok(made);
  return made as Normalizer;
};

const shown = (normalizer: object, text: string): readonly string[] =>
  normalize(make(normalizer), charsOf(text, 0)).map(({ char, start, end }) => `${char}[${start},${end}]`);

test("composed characters belong to the first of their parts", () => {
  assert.equal(shown({ type: "NFC" }, "e\u0301x"), ["é[0,1]", "x[2,3]"]);
  assert.equal(shown({ type: "NFC" }, "각"), ["각[0,1]"]);
  assert.equal(shown({ type: "NFC" }, "\u1100\u1161\u11a8x"), ["각[0,1]", "x[3,4]"]);
});

test("characters taken apart all belong to the one", () => {
  assert.equal(shown({ type: "NFKC" }, "ﬁ🥐"), ["f[0,1]", "i[0,1]", "🥐[1,3]"]);
  assert.equal(shown({ type: "NFD" }, "é"), ["e[0,1]", "\u0301[0,1]"]);
});

test("prepended, replaced and stripped text", () => {
  assert.equal(shown({ type: "Prepend", prepend: "▁" }, "ab"), ["▁[0,1]", "a[0,1]", "b[1,2]"]);
  assert.equal(shown({ type: "Replace", pattern: { String: "ab" }, content: "xyz" }, "cabd"), [
    "c[0,1]",
    "x[2,3]",
    "y[2,3]",
    "z[2,3]",
    "d[3,4]",
  ]);
  assert.equal(shown({ type: "Replace", pattern: { Regex: " +" }, content: "" }, "a  b"), ["a[0,1]", "b[3,4]"]);
  assert.equal(shown({ type: "Strip", strip_left: true, strip_right: true }, " \ta b "), [
    "a[2,3]",
    " [3,4]",
    "b[4,5]",
  ]);
});

test("a normaliser that looks around keeps the ends where they are", () => {
  assert.equal(
    shown({ type: "Lowercase" }, "ΑΣ Σ").map((c) => c.slice(1)),
    ["[0,1]", "[1,2]", "[2,3]", "[3,4]"],
  );
  assert.equal(shown({ type: "BertNormalizer", handle_chinese_chars: true }, "a東b"), [
    "a[0,1]",
    " [1,2]",
    "東[1,2]",
    " [1,2]",
    "b[2,3]",
  ]);
});

test("an empty text stays empty, and no normaliser changes nothing", () => {
  assert.equal(shown({ type: "Prepend", prepend: "▁" }, ""), []);
  assert.equal(normalize(null, charsOf("é", 3)), [{ char: "é", start: 3, end: 4 }]);
});

test("the normalised text is the library's own, in ranges of the text", () => {
  const kinds = [
    ...["NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents"].map((type) => ({ type })),
    { type: "Strip", strip_left: true, strip_right: false },
    { type: "Replace", pattern: { Regex: "\\s+" }, content: "▁" },
    { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, lowercase: true },
    { type: "Precompiled", precompiled_charsmap: "" },
    {
      type: "Sequence",
      normalizers: [
        { type: "NFKC" },
        { type: "Lowercase" },
        { type: "Replace", pattern: { String: "a" }, content: "bb" },
      ],
    },
  ].map(make);
  const unit = fc.constantFrom(
    "a",
    "A",
    "Σ",
    "İ",
    " ",
    "\t",
    "e\u0301",
    "\u0301",
    "ﬁ",
    "東",
    "🥐",
    "\u1100",
    "\u1161",
    "\u11a8",
    "가",
    "Ⅳ",
    "\u0344",
    "～",
    "\u0f73",
  );
  const text = fc.oneof(fc.string({ unit }), fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }));
  const property = fc.property(text, fc.constantFrom(...kinds), (given, normalizer) => {
    const chars = normalize(normalizer, charsOf(given, 0));
    assert.is(chars.map(({ char }) => char).join(""), normalizer.normalize(given));
    for (const { start, end } of chars) assert.ok(0 <= start && start <= end && end <= given.length);
  });
  fc.assert(property, fuzz(3000));
});

test.run();
