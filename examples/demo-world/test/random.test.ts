import { test } from "uvu";
import * as assert from "uvu/assert";
import { between, pick, randomOf, shuffled, some } from "../random.ts";

test("a seed gives the same numbers on every machine", () => {
  const random = randomOf(1);
  // The published mulberry32, in C: 2693262067, 11749833, 2265367787 for the seed 1.
  assert.equal(
    [random(), random(), random()].map((x) => x * 2 ** 32),
    [2693262067, 11749833, 2265367787],
  );
});

test("whole numbers have both of their ends, evenly", () => {
  const random = randomOf(2);
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < 4000; i++) counts[between(random, 3, 6) - 3]! += 1;
  assert.is(
    counts.reduce((a, b) => a + b),
    4000,
  );
  for (const count of counts) assert.ok(Math.abs(count - 1000) < 120, String(counts));
});

test("shuffling keeps everything and changes the order; some are different ones", () => {
  const random = randomOf(3);
  const list = Array.from({ length: 50 }, (_, i) => i);
  const mixed = shuffled(random, list);
  assert.not.equal(mixed, list);
  assert.equal(
    [...mixed].sort((a, b) => a - b),
    list,
  );
  const few = some(random, 20, list);
  assert.is(new Set(few).size, 20);
  assert.ok(few.every((n) => list.includes(n)));
});

test("nothing to pick from is a broken promise", () => {
  assert.throws(() => pick(randomOf(4), []), /internal: nothing to pick from/);
  assert.throws(() => some(randomOf(4), 2, ["a"]), /internal: 2 of 1/);
});

test.run();
