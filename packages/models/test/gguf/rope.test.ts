import { test } from "uvu";
import * as assert from "uvu/assert";
import { shortest } from "../../src/gguf/decimals.ts";
import { scalingOf } from "../../src/gguf/rope.ts";
import { left, right } from "../either.ts";

/** One divisor a frequency, as Llama 3's description has them, in f64. */
const divisorsOf = (theta: number, width: number, factor: number, context: number): readonly number[] =>
  Array.from({ length: width / 2 }, (_, i) => {
    const wavelength = 2 * Math.PI * theta ** ((2 * i) / width);
    if (wavelength < context / 4) return 1;
    if (wavelength > context / 1) return factor;
    const smooth = (context / wavelength - 1) / (4 - 1);
    return 1 / ((1 - smooth) / factor + smooth);
  }).map(Math.fround);

test("Llama 3's settings are found again in its divisors", () => {
  for (const [factor, width] of [
    [8, 128],
    [32, 64],
  ] as const)
    assert.equal(right(scalingOf(divisorsOf(500_000, width, factor, 8192), 500_000, width, "m")), {
      rope_type: "llama3",
      factor,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 8192,
    });
});

test("divisors that are all 1 change nothing; others are refused", () => {
  assert.is(right(scalingOf([1, 1, 1], 10_000, 6, "m")), null);
  assert.match(left(scalingOf(divisorsOf(500_000, 64, 8, 4096), 500_000, 64, "m")), /the divisors of Llama 3/);
  assert.match(left(scalingOf([1, Number.NaN, 8], 10_000, 6, "m")), /the divisors of Llama 3/);
});

test("an f32 of the header reads as the decimal it was", () => {
  for (const value of [1e-5, 1e-6, 0.1, 500_000, 10_000, 1, 1 / 3])
    assert.is(shortest(Math.fround(value)), value === 1 / 3 ? 0.33333334 : value);
  assert.is(shortest(0.1 + 0.2), 0.1 + 0.2);
  assert.ok(Number.isNaN(shortest(Number.NaN)));
});

test.run();
