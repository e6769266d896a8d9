import { test } from "uvu";
import * as assert from "uvu/assert";
import { clipTo, graphemeBoundaries, padTo, takeColumns, widthOf, wrapWords } from "../../src/report/width.ts";

test("East Asian wide characters and emoji take two columns, marks and controls none", () => {
  const widths: readonly (readonly [string, number])[] = [
    ["plain", 5],
    ["日本", 4],
    ["한글", 4],
    ["ﾊﾝ", 2],
    ["Ａ", 2],
    ["cafe\u0301", 4],
    ["👩‍👩‍👧", 2],
    ["🇫🇷", 2],
    ["❤️", 2],
    ["\u200e", 0],
    ["שלום", 4],
    ["", 0],
  ];
  for (const [text, width] of widths) assert.is(widthOf(text), width, JSON.stringify(text));
});

test("text is cut between characters and never within one", () => {
  assert.is(takeColumns("日本語", 3), "日");
  assert.is(takeColumns("ae\u0301b", 2), "ae\u0301");
  assert.is(clipTo("capital", 7), "capital");
  assert.is(clipTo("capitals", 7), "capita…");
  assert.is(clipTo("日本語", 5), "日本…");
  assert.is(padTo("日本", 6), "日本  ");
});

test("boundaries are in UTF-16 code units", () => {
  assert.equal([...graphemeBoundaries("a👩b")], [0, 1, 3, 4]);
});

test("words wrap; a long one has a line of its own", () => {
  assert.equal(wrapWords("a bb ccc dddddddd e", 5), ["a bb", "ccc", "dddddddd", "e"]);
});

test.run();
