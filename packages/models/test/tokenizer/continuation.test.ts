import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Tokenizer, tokenizerOf } from "../../src/tokenizer.ts";
import { right } from "../either.ts";
import { fuzz } from "../seed.ts";
import { byteLevel, spaceSign, wordLevel } from "./tiny.ts";

const test = suite("continuation");
const make = (json: unknown): Tokenizer => right(tokenizerOf(json, "tokenizer.json"));

test("ids of a text, put behind another, give its characters and ranges moved", () => {
  const tokenizer = make(byteLevel());
  const first = right(tokenizer.encode("é the", { special: false }));
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 12 }), (text) => {
      const second = right(tokenizer.encode(text, { special: false }));
      const whole = tokenizer.continued(first, second.ids);
      assert.is(whole.text, first.text + text);
      assert.equal(whole.ids, [...first.ids, ...second.ids]);
      const by = first.text.length;
      assert.equal(
        whole.tokens.slice(first.tokens.length),
        second.tokens.map((t) => ({ ...t, start: t.start + by, end: t.end + by })),
      );
    }),
    fuzz(100),
  );
});

test("bytes that are no character become one that says so, and special tokens have none", () => {
  const tokenizer = make(byteLevel());
  const start = right(tokenizer.encode("the", { special: false }));
  const byte = (text: string): readonly number[] => right(tokenizer.encode(text, { special: false })).ids;
  const [lead] = byte("é");
  const { text, tokens } = tokenizer.continued(start, [lead as number, ...byte("e")]);
  assert.is(text, "the\ufffde");
  assert.equal(
    tokens.slice(1).map((t) => [t.text, t.start, t.end]),
    [
      ["<0xC3>", 3, 4],
      ["e", 4, 5],
    ],
  );
  const signs = make(spaceSign());
  const end = signs.continued(right(signs.encode("the", { special: false })), [2]);
  assert.is(end.text, "the");
  assert.equal([end.tokens.at(-1)?.special, end.tokens.at(-1)?.text, end.tokens.at(-1)?.start], [true, "</s>", 3]);
});

test("words have spaces between them", () => {
  const tokenizer = make(wordLevel());
  const start = right(tokenizer.encode("The", { special: false }));
  assert.match(tokenizer.continued(start, start.ids).text, /^The The$/);
});

test.run();
