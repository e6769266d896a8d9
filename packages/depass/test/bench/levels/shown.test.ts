import { orThrow, showFaults } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { allBytes, cell, mib, shown } from "../../../bench/levels/shown.ts";
import { lastLine } from "../../../bench/peer/answers.ts";

const MIB = 2 ** 20;
const bytes = { weights: 9, allWeights: 9, activations: 1.5 * MIB, peak: 9, beside: 0, tiles: 1 };
const found = { gap: 1.24e-7, seconds: 0.0123, run: 3 * MIB, most: 4 * MIB };

test("a cell's line is the last one it prints; bytes may be unknown, nothing else may", () => {
  assert.equal(orThrow(lastLine(cell, `a warning\n${JSON.stringify(found)}\n`, "a cell")), found);
  // As a process prints NaN.
  const unknown = JSON.stringify({ ...found, run: Number.NaN });
  assert.is(orThrow(lastLine(cell, unknown, "a cell")).run, null);
  const wrong = lastLine(cell, JSON.stringify({ ...found, seconds: Number.NaN }), "a cell");
  assert.is(E.isLeft(wrong) ? showFaults(wrong.left) : "", "a cell at seconds: expected number, got null");
});

test("gap, seconds, bytes planned and measured; what is not known is a dash", () => {
  assert.is(shown({ parts: 3, bytes }, found), "1.2e-7, 0.012 s, 1.5 / 3.0 MiB");
  assert.is(shown({ parts: 3, bytes: undefined }, { ...found, run: null }), "1.2e-7, 0.012 s, – / – MiB");
  assert.is(shown({ parts: 3, bytes }, undefined), "1.5 MiB");
  assert.is(mib(0), "0.0");
});

test("the cells furthest below and above their plans are told, and the most of all bytes", () => {
  const pairs = [
    { planned: 100 * MIB, most: 105 * MIB },
    { planned: 200 * MIB, most: 150 * MIB },
    { planned: 40 * MIB, most: 40 * MIB },
  ];
  assert.match(allBytes(pairs), /in all: 150(\.0+)? MiB at most; measured beside planned -25\.0 % to \+5\.0 %$/);
});

test.run();
