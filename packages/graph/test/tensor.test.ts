import { suite } from "uvu";
import * as assert from "uvu/assert";
import { f32, fromBf16, fromF16, i32, sizeOf, tensor, toF64 } from "../src/tensor.ts";

const test = suite("tensor");

/** Largest f16, its smallest normal and subnormal, 1/3 rounded: the table of IEEE 754-2019 binary16. */
const halves: readonly (readonly [number, number])[] = [
  [0x0000, 0],
  [0x3c00, 1],
  [0xc000, -2],
  [0x7bff, 65504],
  [0x0400, 2 ** -14],
  [0x0001, 2 ** -24],
  [0x3555, 0.333251953125],
  [0x7c00, Number.POSITIVE_INFINITY],
  [0xfc00, Number.NEGATIVE_INFINITY],
];

test("f16 patterns", () => {
  for (const [bits, value] of halves) assert.is(fromF16(bits), value);
  assert.ok(Number.isNaN(fromF16(0x7e00)));
  assert.ok(Object.is(fromF16(0x8000), -0));
});

test("bf16 patterns are the upper halves of f32", () => {
  const float = new Float32Array(1);
  const word = new Uint32Array(float.buffer);
  for (let upper = 0; upper < 2 ** 16; upper += 37) {
    word[0] = upper * 2 ** 16;
    assert.ok(Object.is(fromBf16(upper), float[0]), `${upper}`);
    assert.ok(Object.is(toF64(tensor("bf16", [1], Uint16Array.of(upper)))[0], float[0]), `${upper} of an array`);
  }
});

test("every stored type is the same numbers in f64", () => {
  assert.equal([...toF64(f32([2], [0.5, -1]))], [0.5, -1]);
  assert.equal([...toF64(i32([2], [7, -7]))], [7, -7]);
  assert.equal([...toF64(tensor("bf16", [1], Uint16Array.of(0x3f80)))], [1]);
  assert.equal([...toF64(tensor("f16", [1], Uint16Array.of(0x3c00)))], [1]);
  assert.is(sizeOf([]), 1);
  assert.is(sizeOf([2, 3]), 6);
});

test.run();
