import { stripVTControlCharacters } from "node:util";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { heatMap } from "../../src/report/heat.ts";
import { inkOf, plainInk } from "../../src/report/ink.ts";

const heads = (count: number): readonly (readonly number[])[] => [
  Array.from({ length: count }, (_, h) => h - 1),
  new Array<number>(count).fill(0),
];
const map = (count: number) => ({ heads: heads(count), attention: [4, 0], mlp: [-2, 0] });

test("a row a layer, a cell a head, then the modules; zeros have no colour", () => {
  const [head = "", first = "", second = ""] = heatMap(map(2), 80, inkOf(8));
  assert.is(stripVTControlCharacters(head), "layer   0  1   attn  mlp ");
  assert.is(
    first,
    "\x1b[2m    0\x1b[22m  \x1b[48;5;75;38;5;16m   \x1b[0m     \x1b[48;5;208;38;5;16m    \x1b[0m  \x1b[48;5;32;38;5;231m    \x1b[0m",
  );
  assert.is(stripVTControlCharacters(second), second.replace("\x1b[2m", "").replace("\x1b[22m", ""));
});

test("every line is as wide as the others, and no wider than the terminal; cells shrink first", () => {
  for (const [count, columns] of [
    [2, 40],
    [12, 60],
    [12, 45],
    [32, 60],
  ] as const) {
    const widths = heatMap(map(count), columns, inkOf(24)).map((line) => stripVTControlCharacters(line).length);
    assert.ok(widths.length === 3 && new Set(widths).size === 1 && (widths[0] as number) <= columns, `${widths}`);
  }
});

test("without colours, or without the room, there is no map", () => {
  assert.equal(heatMap(map(2), 80, plainInk), []);
  assert.equal(heatMap(map(32), 40, inkOf(24)), []);
});

test.run();
