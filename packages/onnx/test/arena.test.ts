// Values of a run in one array: none lies where another is still read.
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { placed, type Span } from "../src/memory/arena.ts";
import { newPool } from "../src/weights/pool.ts";
import { fuzz } from "./seed.ts";

const test = suite("arena");

const STEPS = 12;

const spans: fc.Arbitrary<readonly Span[]> = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 200 }), fc.nat(STEPS - 1), fc.nat(STEPS - 1)), { maxLength: 40 })
  .map((all) =>
    all.map(([length, a, b], i) => ({ name: `v${i}`, length, first: Math.min(a, b), last: Math.max(a, b) })),
  );

test("values that live at the same time do not meet, and begin on a cache line", () =>
  fc.assert(
    fc.property(spans, (all) => {
      const { offsets, elements } = placed(all);
      const begin = (s: Span): number => offsets.get(s.name) as number;
      all.forEach((a, i) => {
        assert.is(begin(a) % 16, 0);
        assert.ok(begin(a) >= 0 && begin(a) + a.length <= elements);
        for (const b of all.slice(i + 1)) {
          const together = a.first <= b.last && b.first <= a.last;
          assert.ok(!together || begin(a) + a.length <= begin(b) || begin(b) + b.length <= begin(a));
        }
      });
    }),
    fuzz(300),
  ));

test("no more is taken than by values side by side, no less than lives at once", () =>
  fc.assert(
    fc.property(spans, (all) => {
      const { elements } = placed(all);
      const padded = all.map((s) => ({ ...s, length: 16 * Math.ceil(s.length / 16) }));
      const sum = (some: readonly Span[]): number => some.reduce((n, s) => n + s.length, 0);
      assert.ok(elements <= sum(padded));
      for (let step = 0; step < STEPS; step++)
        assert.ok(elements >= sum(padded.filter((s) => s.first <= step && step <= s.last)));
    }),
    fuzz(300),
  ));

test("a chain of values of one size needs room for two", () => {
  const chain = Array.from({ length: 9 }, (_, i) => ({ name: `${i}`, length: 32, first: i, last: i + 1 }));
  assert.is(placed(chain).elements, 64);
});

test("a pool makes an array only where none of that length lies unused, and lets go of what is not wanted", () => {
  const made: number[] = [];
  const pool = newPool((length) => {
    made.push(length);
    return { length };
  });
  const [a, b] = [pool.take(5), pool.take(7)];
  pool.give(a);
  assert.is(pool.take(5), a);
  assert.equal(made, [5, 7]);
  pool.give(a);
  pool.give(b);
  pool.keepOnly([7, 9]);
  assert.is(pool.elements(), 7);
  assert.is(pool.take(7), b);
  assert.is.not(pool.take(5), a);
  assert.is(pool.elements(), 12);
});

test.run();
