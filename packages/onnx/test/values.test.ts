// Every 16-bit float there is as f32, wherever its bits lie, and rows times a gain; weights that stay lie side by side.
import { fromBf16, fromF16 } from "@depass/graph";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { newSlabs } from "../src/weights/slabs.ts";
import { scaled, written } from "../src/weights/values.ts";

const test = suite("values");

const ALL = 2 ** 16;
const from = { bf16: fromBf16, f16: fromF16 };

for (const dtype of ["bf16", "f16"] as const)
  for (const start of [0, 1, 2, ALL - 3])
    test(`${dtype}: all values from ${start} on are exact`, () => {
      const bits = Uint16Array.from({ length: ALL + 1 }, (_, i) => i).subarray(start, ALL);
      const room = new Float32Array(bits.length + 2).fill(7);
      const out = written({ dtype, data: bits }, room.subarray(1, 1 + bits.length));
      out.forEach((value, i) => {
        const exact = from[dtype](bits[i] as number);
        assert.ok(Object.is(value, exact), `${(start + i).toString(16)}: ${value} for ${exact}`);
      });
      assert.equal([room[0], room.at(-1)], [7, 7]);
    });

test("values of other types are copied", () => {
  const data = Float64Array.from({ length: 9 }, (_, i) => i / 3);
  assert.equal(written({ dtype: "f64", data }, new Float32Array(9)), Float32Array.from(data));
});

for (const width of [1, 3, 4, 7, 8])
  test(`rows of ${width} are multiplied by a gain, in f32`, () => {
    const gain = Float32Array.from({ length: width }, (_, i) => 1 / (i + 3));
    const rows = Float32Array.from({ length: 5 * width }, (_, i) => i / 7);
    const expected = rows.map((x, i) => x * (gain[i % width] as number));
    assert.equal(scaled(rows, gain), expected);
  });

test("what is expected lies in one slab; what is not, or is done with, in arrays of its own", () => {
  const slabs = newSlabs();
  slabs.expect(10);
  slabs.expect(20);
  const [one, two] = [slabs.take(10), slabs.take(20)];
  assert.is(one.buffer, two.buffer);
  assert.equal([one.byteOffset, two.byteOffset, one.buffer.byteLength], [0, 40, 120]);
  const more = slabs.take(5);
  assert.is.not(more.buffer, one.buffer);
  assert.is(more.length, 5);
  slabs.expect(8);
  slabs.leave();
  assert.is(slabs.take(4).buffer.byteLength, 16);
});

test("a slab has a limit, and what is larger an array of its own", () => {
  const slabs = newSlabs(64);
  slabs.expect(40);
  const arrays = [10, 6, 17, 7].map(slabs.take);
  assert.equal(
    arrays.map(({ buffer, byteOffset }) => [buffer.byteLength, byteOffset]),
    [
      [64, 0],
      [64, 40],
      [68, 0],
      [64, 0],
    ],
  );
  assert.equal([...new Set(arrays.map(({ buffer }) => buffer))].length, 3);
});

test.run();
