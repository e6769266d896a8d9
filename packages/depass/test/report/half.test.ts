import { test } from "uvu";
import * as assert from "uvu/assert";
import { halfLines, pairs } from "../../src/report/half.ts";
import { inkOf } from "../../src/report/ink.ts";

test("two names a line, a last one alone", () => {
  assert.equal(pairs(["0", "1", "2", "end"]), ["0,1", "2,end"]);
  assert.equal(pairs(["0", "1", "2"]), ["0,1", "2"]);
  assert.equal(pairs([]), []);
});

test("two rows a line on one scale; the last of an odd number has nothing below", () => {
  const ink = inkOf(8);
  assert.equal(
    halfLines(
      [
        [2, 0],
        [-2, 0],
        [0, -2],
      ],
      2,
      1,
      ink,
    ),
    ["\x1b[38;5;208;48;5;75m▀\x1b[0m ", " \x1b[38;5;75m▀\x1b[0m"],
  );
  assert.equal(halfLines([[0], [0]], 0, 2, ink), ["  "], "zeros alone have no scale");
});

test.run();
