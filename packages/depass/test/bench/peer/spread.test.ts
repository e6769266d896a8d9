import { test } from "uvu";
import * as assert from "uvu/assert";
import { medianOf, ratiosOf, spreadOf } from "../../../bench/peer/spread.ts";

test("a median is in the middle by size, between two of an even number, and no number of none", () => {
  assert.is(medianOf([10, 9, 100]), 10);
  assert.is(medianOf([4, 1, 3, 2]), 2.5);
  assert.is(medianOf([7]), 7);
  assert.ok(Number.isNaN(medianOf([])));
});

test("a spread leaves the values as they were", () => {
  const values = Object.freeze([3, 1, 2]);
  assert.equal(spreadOf(values), { median: 2, least: 1, most: 3 });
});

test("ratios are of the same turn, so that a slow turn of both changes none", () => {
  assert.equal(ratiosOf([2, 20, 3], [1, 10, 1]), { median: 2, least: 2, most: 3 });
  assert.equal(ratiosOf([2, 20, 3], [1]), { median: 2, least: 2, most: 2 });
});

test.run();
