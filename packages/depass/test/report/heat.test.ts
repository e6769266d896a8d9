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

test("a cell a head, then the modules, two layers a line: the upper one is the half block's own colour", () => {
  const [head = "", line = ""] = heatMap({ ...map(2), attention: [4, -4] }, 80, inkOf(8));
  assert.is(stripVTControlCharacters(head), "layer   0  1   attn  mlp ");
  assert.is(stripVTControlCharacters(line), "  0,1  ▀▀▀     ▀▀▀▀  ▀▀▀▀");
  assert.is(
    line,
    "\x1b[2m  0,1\x1b[22m  \x1b[38;5;75m▀▀▀\x1b[0m     \x1b[38;5;208;48;5;75m▀▀▀▀\x1b[0m  \x1b[38;5;32m▀▀▀▀\x1b[0m",
  );
});

test("every line is as wide as the others, and no wider than the terminal; cells shrink first", () => {
  for (const [count, columns] of [
    [2, 40],
    [12, 60],
    [12, 45],
    [32, 60],
  ] as const) {
    const widths = heatMap(map(count), columns, inkOf(24)).map((line) => stripVTControlCharacters(line).length);
    assert.ok(widths.length === 2 && new Set(widths).size === 1 && (widths[0] as number) <= columns, `${widths}`);
  }
});

test("without colours, or without the room, there is no map", () => {
  assert.equal(heatMap(map(2), 80, plainInk), []);
  assert.equal(heatMap(map(32), 40, inkOf(24)), []);
});

test.run();
