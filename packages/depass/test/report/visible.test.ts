import { test } from "uvu";
import * as assert from "uvu/assert";
import { asCell, harmless, quoted, readable, visible } from "../../src/report/visible.ts";

test("spaces, line ends and tabs have pictures, what has none a code", () => {
  assert.is(visible(" a b"), "·a·b");
  assert.is(visible("\r\n\t"), "␍⏎→");
  assert.is(visible("\x1b[31mred"), "<U+001B>[31mred");
  assert.is(visible("a\u202eb"), "a<U+202E>b");
  assert.is(visible("\u00a0\u3000\u200b"), "<U+00A0><U+3000><U+200B>");
  assert.is(visible("\ud83d"), "<U+D83D>");
  assert.is(visible("\u0301"), "◌\u0301");
  assert.is(visible("日本 שלום"), "日本·שלום");
});

test("joiners stay where they join, and are seen where they stand alone", () => {
  assert.is(visible("👩‍👧"), "👩‍👧");
  assert.is(visible("\u200d"), "<U+200D>");
});

test("one space in front of a word stays a space, wherever in a piece", () => {
  assert.is(readable(" word and"), " word and");
  assert.is(readable("  two  more"), "··two··more");
  assert.is(readable("end "), "end·");
  assert.is(readable(" "), "·");
});

test("a message keeps lines and spaces and can command nothing", () => {
  assert.is(harmless("a b\n\x1b[2Jc\x07"), "a b\n<U+001B>[2Jc<U+0007>");
  assert.is(quoted(' "P\n'), '" \\"P\\n"');
});

test("right-to-left text is kept from reordering the numbers behind it", () => {
  assert.is(asCell("שלום  "), "\u200eשלום  \u200e");
  assert.is(asCell("word"), "word");
});

test.run();
