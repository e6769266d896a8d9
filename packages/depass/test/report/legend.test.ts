import { stripVTControlCharacters } from "node:util";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { inkOf, plainInk } from "../../src/report/ink.ts";
import { legend } from "../../src/report/legend.ts";

test("the scale has its numbers at its ends", () => {
  const [line = ""] = legend(9.521, inkOf(24));
  assert.is(stripVTControlCharacters(line), `opposes -9.521 ${" ".repeat(10)}0${" ".repeat(10)} +9.521 supports`);
});

test("no colours, or nothing to colour: no legend", () => {
  assert.equal(legend(1, plainInk), []);
  assert.equal(legend(0, inkOf(24)), []);
});

test.run();
