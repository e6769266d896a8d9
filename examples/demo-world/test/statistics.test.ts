import { suite } from "uvu";
import * as assert from "uvu/assert";
import { randomOf } from "../random.ts";
import { intervalOf, isTop, ranksOf, spearman } from "../study/statistics.ts";

const test = suite("statistics");

const near = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual}, expected ${expected}`);

test("equals share the mean of their ranks", () => {
  assert.equal(ranksOf([30, 10, 20, 10]), [4, 1.5, 3, 1.5]);
});

test("Spearman's correlation by hand, without ties and with them", () => {
  near(spearman([1, 2, 3, 4], [10, 100, 1000, 1001]), 1);
  near(spearman([1, 2, 3], [3, 2, 1]), -1);
  // Ranks 1 2 3 4 5 and 2 1 4 3 5: 1 - 6·4 / (5·24).
  near(spearman([1, 2, 3, 4, 5], [2, 1, 4, 3, 5]), 0.8);
  // Ranks 1.5, 1.5, 3 and 1, 2, 3, less their mean of 2: (-0.5, -0.5, 1) and (-1, 0, 1).
  near(spearman([5, 5, 9], [1, 2, 3]), 1.5 / Math.sqrt(1.5 * 2));
  assert.is(spearman([1, 1, 1], [1, 2, 3]), 0);
});

test("who stands first, alone or with others", () => {
  assert.equal(
    [0, 1, 2].map((i) => isTop([1, 3, 2], i)),
    [0, 1, 0],
  );
  assert.equal(
    [0, 1, 2].map((i) => isTop([3, 3, 2], i)),
    [0.5, 0.5, 0],
  );
});

test("an interval holds the mean, is the same for a seed, and is as wide as the normal one", () => {
  const values = Array.from({ length: 400 }, (_, i) => i % 2);
  const [low, high] = intervalOf(values, randomOf(1));
  assert.equal(intervalOf(values, randomOf(1)), [low, high]);
  const wide = (2 * 1.96 * 0.5) / Math.sqrt(400);
  assert.ok(low < 0.5 && high > 0.5 && Math.abs(high - low - wide) < 0.2 * wide, `${low} to ${high}`);
});

test.run();
