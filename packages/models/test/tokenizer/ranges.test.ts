import { test } from "uvu";
import * as assert from "uvu/assert";
import { charsOf } from "../../src/tokenizer/normalize.ts";
import { knownPiece, type Piece, rangesOf, streamOf } from "../../src/tokenizer/ranges.ts";

const stream = (text: string) => streamOf([{ chars: charsOf(text, 0) }], "chars");

const UNKNOWN: Piece = { unknown: true };

const shown = (text: string, ...pieces: readonly (string | Piece)[]): readonly string[] =>
  rangesOf(
    pieces.map((p) => (typeof p === "string" ? knownPiece(p, "chars") : p)),
    stream(text),
  ).map((r) => `${r.start}-${r.end}${r.whole ? "" : " part"}`);

test("pieces one after another, a space put in front of the first", () => {
  assert.equal(shown("ab c", "▁ab", "▁c"), ["0-2", "2-4"]);
  assert.equal(shown("ab", "▁", "ab"), ["0-1", "0-2"]);
  assert.equal(shown(" ", "▁", "▁"), ["0-1", "1-1"]);
});

test("parts of characters", () => {
  assert.equal(shown("é", "<0xC3>", "<0xA9>"), ["0-1 part", "0-1 part"]);
});

test("characters that no piece has are passed over", () => {
  assert.equal(shown("a \n b", "a", "b"), ["0-1", "4-5"]);
});

test("unknown pieces take what is up to the next known one", () => {
  assert.equal(shown("a東京b", "a", UNKNOWN, "b"), ["0-1", "1-3", "3-4"]);
  assert.equal(shown("a東京b", "a", UNKNOWN, UNKNOWN, "b"), ["0-1", "1-2", "2-3", "3-4"]);
  assert.equal(shown("東京", UNKNOWN, UNKNOWN, UNKNOWN), ["0-1", "1-2", "2-2"]);
});

test("a piece that is nowhere, and pieces of no text, have empty ranges", () => {
  assert.equal(shown("ab", "zz", "ab"), ["0-1", "0-2"]);
  assert.equal(shown("", "a", UNKNOWN), ["0-0", "0-0"]);
});

test.run();
