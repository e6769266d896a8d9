import { suite } from "uvu";
import * as assert from "uvu/assert";
import { f32 } from "../../src/tensor.ts";
import { close } from "../../src/testing/close.ts";

const test = suite("testing/close");

const a = f32([2, 2], [1, 2, 3, 4]);
const message = (f: () => void): string => {
  try {
    f();
  } catch (e) {
    return (e as Error).message;
  }
  return "";
};

test("the largest error, where it is, and both shapes", () => {
  const b = f32([2, 2], [1, 2.5, 3, 4.25]);
  assert.is(
    message(() => close(b, a)),
    "2.5 at [0, 1], expected 2: the largest error is 5.00e-1, allowed 2.00e-9; actual [2, 2], expected [2, 2]",
  );
});

test("shapes must agree, not only sizes", () => {
  assert.is(
    message(() => close(f32([4], [1, 2, 3, 4]), a)),
    "shapes differ: actual [4], expected [2, 2]",
  );
  assert.match(
    message(() => close({ ...a, data: Float32Array.of(1) }, a)),
    "1 values, expected 4",
  );
});

test("tolerances: absolute, of each value, of the largest", () => {
  const b = f32([2, 2], [1.25, 2, 3, 4]);
  close(b, a, { atol: 0.25 });
  close(b, a, { rtol: 0.0625, of: "largest" });
  assert.throws(() => close(b, a, { rtol: 0.0625 }));
});

test("NaN and infinities are close to themselves alone", () => {
  const odd = f32([3], [Number.NaN, Number.POSITIVE_INFINITY, 0]);
  close(odd, odd);
  assert.throws(() => close(odd, f32([3], [0, Number.POSITIVE_INFINITY, 0]), { atol: 1 }));
  assert.throws(() => close(f32([1], [0]), f32([1], [Number.NaN]), { atol: 1 }));
  assert.throws(() => close(f32([1], [0]), f32([1], [Number.POSITIVE_INFINITY]), { atol: 1 }));
  assert.throws(() => close(f32([1], [Number.POSITIVE_INFINITY]), f32([1], [1]), { rtol: 1 }));
});

test.run();
