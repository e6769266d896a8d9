import { test } from "uvu";
import * as assert from "uvu/assert";
import { tokenizerOf } from "../../src/tokenizer.ts";
import { left, right } from "../either.ts";
import { byteLevel, unigram } from "./tiny.ts";

const bytes = right(tokenizerOf(byteLevel(), "t"));

test("a single character of several pieces is several tokens", () => {
  assert.match(left(bytes.idOf("\u00e9")), 'which is 2: 195 "<0xC3>", 169 "<0xA9>"; give the id of one of them');
});

test("a long text is not printed in full", () => {
  assert.ok(left(bytes.idOf("the ".repeat(1000))).length < 600);
});

test("every id that has a text of its own is found by it", () => {
  for (let id = 256; id < bytes.size; id++) {
    const text = right(bytes.tokenText(id));
    if (text !== "th" && text !== " t" && text !== " th") assert.is(right(bytes.idOf(text)), id);
  }
});

test("the unknown token is a target only by its name", () => {
  const tokenizer = right(tokenizerOf(unigram(), "t"));
  assert.is(right(tokenizer.idOf("<unk>")), 0);
  left(tokenizer.idOf("\u6771"));
});

test.run();
