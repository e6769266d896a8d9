import { test } from "uvu";
import * as assert from "uvu/assert";
import { plainInk } from "../../src/report/ink.ts";
import { type Row, table } from "../../src/report/table.ts";
import { widthOf } from "../../src/report/width.ts";

const rows = (texts: readonly string[], scores: readonly number[]): readonly Row[] => [
  ...texts.map((text, number) => ({ text, number, score: scores[number] as number })),
  { text: "bias", score: 0 },
  { text: "remainder", score: 0 },
];

const drawn = (given: readonly Row[], columns: number, most = 30): readonly string[] =>
  table(given, { total: given.reduce((sum, r) => sum + r.score, 0), most, columns }, plainInk);

test("number, text, score, bar and share", () => {
  assert.equal(drawn(rows(["The", "·capital", "·of"], [2, 3, -1]), 52), [
    "#  token       score                           share",
    "0  The        +2.000       │████████▌         50.0 %",
    "1  ·capital   +3.000       │█████████████     75.0 %",
    "2  ·of        -1.000  ▐████│                 -25.0 %",
    "   bias        0.000       │                   0.0 %",
    "   remainder   0.000       │                   0.0 %",
    "   total      +4.000",
  ]);
});

test("lines are as wide as the terminal, whatever the text is", () => {
  for (const columns of [60, 80, 120]) {
    const lines = drawn(rows(["日本語", "שלום", "x".repeat(200)], [1, -2, 3]), columns).slice(1, -1);
    assert.equal([...new Set(lines.map(widthOf))].length, 1);
    assert.ok(lines.every((line) => widthOf(line) <= columns));
  }
});

test("a narrow terminal has no bars", () => {
  assert.equal(drawn(rows(["a"], [1]), 30).slice(0, 2), [
    "#  token       score      share",
    "0  a          +1.000    100.0 %",
  ]);
});

test("of many tokens the largest are kept, in their order, and the others are summed", () => {
  const texts = drawn(rows(["a", "b", "c", "d"], [1, -5, 2, 4]), 60, 2).map((line) => line.slice(0, 19).trimEnd());
  assert.equal(texts, [
    "#  token       scor",
    "1  b          -5.00",
    "3  d          +4.00",
    "   2 others   +3.00",
    "   bias        0.00",
    "   remainder   0.00",
    "   total      +2.00",
  ]);
});

test("shares of next to nothing are not given", () => {
  assert.match(drawn(rows(["a", "b"], [1, -1]), 60)[1] ?? "", /–$/);
});

test.run();
