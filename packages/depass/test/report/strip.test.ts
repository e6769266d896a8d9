import type { Token } from "@depass/models";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { inkOf, plainInk } from "../../src/report/ink.ts";
import { piecesOf, strip } from "../../src/report/strip.ts";
import { tokensOf } from "./tokens.ts";

const plain = (texts: readonly string[], columns = 80): readonly string[] =>
  strip(
    texts.map((text) => ({ text, score: 1, added: false })),
    " next",
    1,
    plainInk,
    columns,
  );

test("without colours edges stand between tokens", () => {
  assert.equal(plain(["The", " capital", " of"]), ["The│ capital│ of ▸ next"]);
});

test("with colours each token is on its own", () => {
  const pieces = [
    { text: "a", score: 1, added: false },
    { text: " b", score: -1, added: false },
    { text: " c", score: 0, added: false },
  ];
  const [line = ""] = strip(pieces, "d", 1, inkOf(8), 80);
  assert.is(line, "\x1b[48;5;208;38;5;16ma\x1b[0m\x1b[48;5;75;38;5;16m b\x1b[0m c\x1b[2m ▸\x1b[22m\x1b[1md\x1b[22m");
});

test("line ends end lines, within a token too", () => {
  assert.equal(plain(["a\n", "\n\n  b", "\n"]), ["a⏎", "⏎⏎", "··b│⏎", " ▸ next"]);
});

test("long prompts wrap between tokens, long tokens within", () => {
  assert.equal(plain(["aaaa", " bbbb", " cc", "d"], 10), ["aaaa│ bbbb", " cc│d", " ▸ next"]);
  assert.equal(plain(["x".repeat(25)], 11), ["xxxxxxxxxx", "xxxxxxxxxx", "xxxxx", " ▸ next"]);
  assert.equal(plain(["日本語日本語"], 7), ["日本語", "日本語", " ▸ next"]);
});

const piece = (id: number, text: string, start: number, end: number): Token => ({
  id,
  text,
  start,
  end,
  whole: false,
  special: false,
  origin: "text",
});

test("tokens within one character are one piece with their sum", () => {
  const tokens = [...tokensOf(["a"]), piece(1, "<0xE6><0x97>", 1, 2), piece(2, "<0xA5>", 1, 2)];
  assert.equal(piecesOf("a日", tokens, [1, 2, 4]), [
    { text: "a", score: 1, added: false },
    { text: "日", score: 6, added: false },
  ]);
});

test("so are the tokens of one grapheme", () => {
  assert.equal(piecesOf("e\u0301x", tokensOf(["e", "\u0301", "x"]), [1, 2, 4]), [
    { text: "e\u0301", score: 3, added: false },
    { text: "x", score: 4, added: false },
  ]);
});

test("what the tokenizer put there is apart from the text", () => {
  const begin: Token = { id: 9, text: "<s>", start: 0, end: 0, whole: true, special: true, origin: "tokenizer" };
  assert.equal(piecesOf("ab", [begin, ...tokensOf(["a", "b"])], [5, 1, 2]), [
    { text: "<s>", score: 5, added: true },
    { text: "a", score: 1, added: false },
    { text: "b", score: 2, added: false },
  ]);
});

test.run();
