import { test } from "uvu";
import * as assert from "uvu/assert";
import { decimalsFor, duration, percent, signed } from "../../src/report/numbers.ts";

test("about four digits, whatever the size", () => {
  assert.equal([12345, 999, 17.3, 9.5, 1, 0.5, 0.004, 0, Number.NaN].map(decimalsFor), [0, 1, 2, 3, 3, 4, 6, 3, 3]);
});

test("signs stand in front, zero has none", () => {
  assert.equal(
    [1.25, -1.25, 0, -0, 0.0001].map((x) => signed(x, 2)),
    ["+1.25", "-1.25", "0.00", "0.00", "+0.00"],
  );
  assert.is(percent(0.1234), "12.3 %");
});

test("durations", () => {
  assert.equal([0.061, 9.5, 12.34, 59.96, 200, 3725].map(duration), [
    "0.06 s",
    "9.50 s",
    "12.3 s",
    "60.0 s",
    "3 min 20 s",
    "1 h 2 min",
  ]);
});

test.run();
