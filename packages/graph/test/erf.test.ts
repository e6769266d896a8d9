import { suite } from "uvu";
import * as assert from "uvu/assert";
import { erf } from "../src/erf.ts";

const test = suite("erf");

/** Abramowitz & Stegun, table 7.1; the last from the NIST Digital Library, 7.23. */
const table: readonly (readonly [number, number])[] = [
  [0, 0],
  [0.1, 0.112462916018],
  [0.5, 0.520499877813],
  [1, 0.842700792949],
  [1.5, 0.966105146475],
  [2, 0.995322265018],
  [3, 0.999977909503],
];

test("the printed table, and its mirror image", () => {
  for (const [x, value] of table) {
    assert.ok(Math.abs(erf(x) - value) < 1e-12, `erf ${x} = ${erf(x)}`);
    assert.is(erf(-x), value === 0 ? 0 : -erf(x));
  }
});

test("both forms meet where one takes over, and the ends are flat", () => {
  assert.ok(Math.abs(erf(2.5 - 1e-12) - erf(2.5 + 1e-12)) < 1e-13);
  assert.is(erf(30), 1);
  assert.is(erf(-30), -1);
});

test.run();
