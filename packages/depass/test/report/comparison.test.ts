import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Comparison } from "../../src/compare.ts";
import { comparisonReport } from "../../src/report/comparison.ts";
import { plainInk } from "../../src/report/ink.ts";
import { widthOf } from "../../src/report/width.ts";
import { attributionOf } from "./tokens.ts";

const rules = ["softmax 0.1", "softmax 0.01", "softmax 1", "max", "relu", "linear", "taylor"];
const comparison: Comparison = {
  attributions: rules.map((rule, r) => ({ ...attributionOf(["The", " 世界", " שלום"], [1 + r, -2 - r, 0.5]), rule })),
  moved: rules.slice(1).map((rule) => ({ rule, distance: 0.25, order: 0.9 })),
};

for (const columns of [40, 80, 200])
  test(`${columns} columns: every rule once, each with all its scores, and nothing wider`, () => {
    const lines = comparisonReport(comparison, columns, plainInk);
    for (const line of lines) assert.ok(widthOf(line) <= columns, `${widthOf(line)}: ${line}`);
    const heads = lines.filter((line) => line.startsWith("   ") && /softmax 0\.1|taylor|max|relu|linear/.test(line));
    const before = heads.slice(0, heads.length).join("  ");
    for (const rule of rules) assert.match(before, new RegExp(` ${rule.replace(".", "\\.")}( |$)`));
    const scores = lines.filter((line) => line.startsWith("The ")).flatMap((line) => line.match(/\+\d\.\d+/g) ?? []);
    assert.equal(scores.map(Number), [1, 2, 3, 4, 5, 6, 7]);
  });

test("as many rules beside each other as fit", () => {
  const blocks = (columns: number): number =>
    comparisonReport(comparison, columns, plainInk).filter((line) => line.startsWith("The ")).length;
  assert.equal([200, 80, 40, 20].map(blocks), [1, 1, 3, 7]);
});

test("a name from right to left does not carry the numbers with it", () => {
  const line = comparisonReport(comparison, 200, plainInk).find((l) => l.includes("שלום")) ?? "";
  assert.match(line, /^\u200e·שלום\u200e +\+0\.5/);
});

test.run();
