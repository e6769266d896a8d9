import { stripVTControlCharacters } from "node:util";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { inkOf, plainInk } from "../../src/report/ink.ts";
import { legend } from "../../src/report/legend.ts";

test("the scale has its numbers at its ends", () => {
  const [line = ""] = legend(9.521, inkOf(24), 80);
  assert.is(stripVTControlCharacters(line), `opposes -9.521 ${" ".repeat(10)}0${" ".repeat(10)} +9.521 supports`);
});

test("in a narrow terminal the scale is shorter, its numbers and its zero stay", () => {
  for (const columns of [36, 40, 51]) {
    const [line = ""] = legend(9.521, inkOf(24), columns);
    const text = stripVTControlCharacters(line);
    assert.ok(text.length <= columns && text.length > columns - 2, `${text.length} of ${columns}`);
    assert.match(text, /^opposes -9\.521 +0 +\+9\.521 supports$/);
  }
});

test("no colours, or nothing to colour: no legend", () => {
  assert.equal(legend(1, plainInk, 80), []);
  assert.equal(legend(0, inkOf(24), 80), []);
});

test.run();
