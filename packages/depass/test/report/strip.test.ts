import { test } from "uvu";
import * as assert from "uvu/assert";
import { inkOf, plainInk } from "../../src/report/ink.ts";
import { strip } from "../../src/report/strip.ts";

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

test.run();
