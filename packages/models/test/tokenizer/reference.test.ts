import { test } from "uvu";
import * as assert from "uvu/assert";
import { build } from "../../src/tokenizer/library.ts";
import { asReference, partOfType, unsupported } from "../../src/tokenizer/reference.ts";
import { right } from "../either.ts";
import { byteLevel } from "./tiny.ts";

/** Words as the library cuts them after the rewrite. */
const cut = (setting: object, text: string): readonly string[] => {
  const json = byteLevel({ pre_tokenizer: asReference(setting), decoder: null });
  const library = right(build(json, "t")) as unknown as {
    pre_tokenizer: (text: string, at: object) => readonly string[];
  };
  return library.pre_tokenizer(text, { section_index: 0 });
};

const split = (behavior: string, invert = false) => ({ type: "Split", pattern: { String: "-" }, behavior, invert });

test("the examples of the reference's documentation", () => {
  const text = "the-final--countdown";
  assert.equal(cut(split("Removed"), text), ["the", "final", "countdown"]);
  assert.equal(cut(split("Isolated"), text), ["the", "-", "final", "-", "-", "countdown"]);
  assert.equal(cut(split("MergedWithPrevious"), text), ["the-", "final-", "-", "countdown"]);
  assert.equal(cut(split("MergedWithNext"), text), ["the", "-final", "-", "-countdown"]);
  assert.equal(cut(split("Contiguous"), text), ["the", "-", "final", "--", "countdown"]);
  assert.equal(cut(split("Isolated", true), text), ["the", "-", "final", "-", "-", "countdown"]);
});

test("numerals of every kind are digits", () => {
  assert.equal(cut({ type: "Digits", individual_digits: true }, "a12Ⅳ²"), ["a", "1", "2", "Ⅳ", "²"]);
  assert.equal(cut({ type: "Digits", individual_digits: false }, "a12Ⅳ b"), ["a", "12Ⅳ", " b"]);
});

test("punctuation stands alone, words are of any script", () => {
  assert.equal(cut({ type: "Punctuation" }, "a!?$b"), ["a", "!", "?", "$", "b"]);
  assert.equal(cut({ type: "Punctuation", behavior: "Contiguous" }, "a!?b"), ["a", "!?", "b"]);
  assert.equal(cut({ type: "Whitespace" }, "né 東京!? b"), ["né", "東京", "!?", "b"]);
});

test("words begin at the space sign", () => {
  const metaspace = { type: "Metaspace", replacement: "▁" };
  assert.equal(cut({ ...metaspace, prepend_scheme: "always" }, "a b  c"), ["▁a", "▁b", "▁", "▁c"]);
  assert.equal(cut({ ...metaspace, split: false }, "a b"), ["▁a▁b"]);
  assert.equal(cut({ ...metaspace, add_prefix_space: false }, "a b"), ["a", "▁b"]);
});

test("parts of a sequence too; what cannot be rewritten is named", () => {
  assert.equal(
    cut(
      {
        type: "Sequence",
        pretokenizers: [
          { type: "Digits", individual_digits: true },
          { type: "ByteLevel", use_regex: false },
        ],
      },
      "12",
    ),
    ["1", "2"],
  );
  assert.equal(unsupported({ type: "Sequence", pretokenizers: [split("MergedWithNext", true)] }), [
    "Split, inverted, MergedWithNext",
  ]);
  assert.equal([unsupported(split("Removed", true)), unsupported(split("Removed")), unsupported(null)], [[], [], []]);
  assert.is(unsupported({ type: "Split", pattern: { Regex: "a(b)" }, behavior: "Removed" }).length, 1);
});

test("a part is found however deep it is", () => {
  const setting = { type: "Sequence", processors: [{ type: "Sequence", processors: [{ type: "ByteLevel", x: 1 }] }] };
  assert.is(partOfType(setting, "ByteLevel")?.x, 1);
  assert.is(partOfType(setting, "Digits"), undefined);
});

test.run();
