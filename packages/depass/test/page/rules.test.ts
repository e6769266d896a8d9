import { test } from "uvu";
import * as assert from "uvu/assert";
import { leader, spreadOf } from "../../src/page/rules.ts";

// Three parts, then bias and remainder, which lead nothing.
const scores = [
  [1, 3, -4, 0, 9],
  [2, 1.5, -4, 0, 0],
  [-1, 2, 0.5, 9, 0],
];

test("who supplied most, and under how many rules it is the same", () => {
  assert.equal(leader({ scores }), { part: 1, agreeing: 2 });
  assert.equal(leader({ scores: [[-2, -1, 0, 0]] }), { part: 1, agreeing: 1 });
});

test("how far apart the rules are", () => {
  assert.equal(spreadOf({ scores }, 1), { least: 1.5, most: 3, sameSign: true });
  assert.equal(spreadOf({ scores }, 2), { least: -4, most: 0.5, sameSign: false });
});

test.run();
