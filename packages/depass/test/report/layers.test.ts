import { stripVTControlCharacters } from "node:util";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { inkOf, plainInk } from "../../src/report/ink.ts";
import { layerLines } from "../../src/report/layers.ts";
import { widthOf } from "../../src/report/width.ts";
import type { Attribution } from "../../src/result.ts";
import { attributionOf } from "./tokens.ts";

/** `score(layer, part)` of each part at each layer, and at the end; bias and remainder have none. */
const layered = (
  texts: readonly string[],
  layers: number,
  score: (layer: number, part: number) => number,
): Attribution => ({
  ...attributionOf(
    texts,
    texts.map((_, part) => score(layers, part)),
  ),
  layers: Array.from({ length: layers + 1 }, (_, l) => ({
    site: l === layers ? "resid_final" : `layers.${l}.resid_pre`,
    scores: [...texts.map((_, part) => score(l, part)), 0, 0],
    explained: 0,
  })),
});

const words = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => ` w${i}`);

test("nothing where no layers were asked for", () => {
  const options = { ink: inkOf(8), columns: 80, most: 30 };
  assert.equal(layerLines(attributionOf(["a"], [1]), options), []);
  assert.equal(layerLines({ ...attributionOf(["a"], [1]), layers: [] }, options), []);
});

test("without colours: a row a part, a column a layer, signed and aligned", () => {
  const lines = layerLines(
    layered(["The", " a\u001bb"], 2, (l, part) => (part === 0 ? l : -2 * l)),
    { ink: plainInk, columns: 80, most: 30 },
  );
  assert.equal(lines, [
    "layer             0       1     end",
    "The           0.000  +1.000  +2.000",
    "·a<U+001B>b   0.000  -2.000  -4.000",
    "bias          0.000   0.000   0.000",
    "remainder     0.000   0.000   0.000",
  ]);
});

test("without colours and with more layers than fit: evenly spread ones, the end among them", () => {
  const [head = "", ...rows] = layerLines(
    layered(["a"], 30, (l) => l),
    { ink: plainInk, columns: 50, most: 30 },
  );
  const shown = head.trim().split(/ +/).slice(1);
  assert.is(shown.at(-1), "end");
  const numbers = shown.slice(0, -1).map(Number);
  const steps = new Set(numbers.slice(1).map((n, i) => n - (numbers[i] as number)));
  assert.is(steps.size, 1);
  assert.equal(
    rows[0]?.trim().split(/ +/).slice(1).map(Number),
    [...numbers, 30],
    "each number is of the layer above it",
  );
});

test("without colours and with more parts than rows: the largest at any layer, in their order, and it says so", () => {
  const [hidden, , ...rows] = layerLines(
    layered(words(40), 2, (l, part) => (part === 7 && l === 1 ? 9 : part === 3 ? 5 : 0.1)),
    { ink: plainInk, columns: 80, most: 2 },
  );
  assert.is(hidden, "the 2 largest of 42 parts");
  assert.equal(
    rows.map((row) => row.split(" ")[0]),
    ["·w3", "·w7"],
  );
});

test("with colours: two layers a line, a cell a part, as narrow as the terminal", () => {
  for (const count of [1, 5, 30, 100, 1000])
    for (const columns of [20, 41, 80, 200]) {
      const lines = layerLines(
        layered(words(count), 4, (l, part) => l * Math.sin(part)),
        {
          ink: inkOf(24),
          columns,
          most: 30,
        },
      );
      const map = lines.slice(0, lines.indexOf("")).map(stripVTControlCharacters);
      const rows = map.filter((line) => /^ *(\d+,\d+|end) /.test(line));
      assert.is(rows.length, 3, "0 and 1, 2 and 3, the end");
      assert.ok(
        rows.every((line) => widthOf(line) <= columns),
        `${count} parts in ${columns} columns`,
      );
      const size = Math.ceil((count + 2) / (columns - 7));
      assert.is(map[0]?.includes(`the strongest of ${size} parts`), size > 1);
    }
});

test("neighbours that share a column show the strongest, whatever its sign", () => {
  const draw = (strong: number): string =>
    layerLines(
      layered(words(100), 1, (_, part) => (part === 50 ? strong : part === 51 ? 1 : 0)),
      {
        ink: inkOf(8),
        columns: 60,
        most: 30,
      },
    ).join("\n");
  assert.match(draw(-9), "38;5;75;48;5;75m");
  assert.match(draw(9), "38;5;208;48;5;208m");
});

test.run();
