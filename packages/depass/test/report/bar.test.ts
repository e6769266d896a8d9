import { test } from "uvu";
import * as assert from "uvu/assert";
import { bar, barScale } from "../../src/report/bar.ts";

const drawn = (scores: readonly number[], columns: number): readonly string[] => {
  const scale = barScale(scores, columns);
  return scores.map((s) => bar(s, scale).join(""));
};

test("both sides of zero, on one scale", () => {
  assert.equal(drawn([2, -1, 0.5, 0], 10), ["   │██████", "███│      ", "   │█▌    ", "   │      "]);
});

test("a side without scores takes no room", () => {
  assert.equal(drawn([1, 0.5], 9), ["│████████", "│████    "]);
  assert.equal(drawn([-1, -0.5], 9), ["███████│ ", "   ▐███│ "]);
});

test("anything but zero is to be seen, and nothing is longer than its room", () => {
  assert.equal(drawn([1000, 0.001, -0.001], 8), [" │██████", " │▌     ", "▐│      "]);
  assert.equal(drawn([0, 0], 5), ["│    ", "│    "]);
});

test.run();
