import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dim, minus, over, plus, product, sameDim, showDim, symbolsOf, times, valueOf } from "../src/dim.ts";
import { polynomials } from "../src/testing/index.ts";
import { fuzz } from "./seed.ts";

const test = suite("dim");

const sizes = fc.record({ T: fc.integer({ min: 1, max: 50 }), M: fc.integer({ min: 1, max: 50 }) });

test("sums and products of sizes are those of their values", () => {
  fc.assert(
    fc.property(polynomials, polynomials, sizes, (a, b, s) => {
      assert.is(valueOf(plus(a, b), s), valueOf(a, s) + valueOf(b, s));
      assert.is(valueOf(minus(a, b), s), valueOf(a, s) - valueOf(b, s));
      assert.is(valueOf(times(a, b), s), valueOf(a, s) * valueOf(b, s));
      assert.is(valueOf(over(times(6, a), 6), s), valueOf(a, s));
    }),
    fuzz(200),
  );
});

test("equal sizes are one text, however they came about", () => {
  fc.assert(
    fc.property(polynomials, polynomials, polynomials, (a, b, c) => {
      assert.ok(sameDim(plus(a, b), plus(b, a)));
      assert.ok(sameDim(times(a, plus(b, c)), plus(times(a, b), times(c, a))));
      assert.ok(sameDim(minus(plus(a, b), b), a));
      assert.ok(sameDim(over(over(times(a, 6), 2), 3), a));
    }),
    fuzz(200),
  );
});

test("what has no symbol is a plain number", () => {
  assert.is(minus(plus("T", 2), "T"), 2);
  assert.is(minus("T", "T"), 0);
  assert.is(product([2, over(times(3, 4), 6)]), 4);
  assert.is(product([]), 1);
});

test("whole sizes are whole even with divisors that floats do not know", () => {
  const cubes = over(times(times("T", plus("T", 1)), plus("T", 2)), 6);
  for (let T = 1; T < 200; T++) assert.is(valueOf(cubes, { T }), (T * (T + 1) * (T + 2)) / 6);
});

test("sizes read as formulas, highest powers first", () => {
  assert.is(showDim(over(times("T", plus("T", 1)), 2)), "1/2·T^2+1/2·T");
  assert.is(showDim(minus(times("M", "T"), 3)), "M·T-3");
  assert.is(showDim(times(-1, "T")), "-1·T");
  assert.equal([...symbolsOf(plus(times("M", "T"), "T"))].sort(), ["M", "T"]);
});

test("a size without its symbol's value is NaN", () => {
  assert.ok(Number.isNaN(valueOf(dim("T"), {})));
});

test.run();
