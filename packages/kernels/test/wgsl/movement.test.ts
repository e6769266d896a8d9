import { concat, type Expr, gather, input, iota, reshape, scatterAdd, slice, transpose, weight } from "@depass/graph";
import { tensorsFor } from "@depass/graph/testing";
import fc from "fast-check";
import { suite } from "uvu";
import { open, sameOn } from "../backends.ts";
import { fuzz } from "../seed.ts";

const test = suite("wgsl/movement");

const size = fc.integer({ min: 1, max: 5 });
const axis = fc.constantFrom(-1, -2, -3);

for (const backend of await open("movements")) {
  const on = `(${backend.device})`;
  const runs = (name: string, make: fc.Arbitrary<Expr>, atol = 0): void =>
    test(`${name} ${on}`, () =>
      fc.assert(
        fc.asyncProperty(make, size, (y, T) =>
          sameOn(backend, { y }, tensorsFor({ y }, { T }), { T }, { rtol: 0, atol }),
        ),
        fuzz(25),
      ));
  const three = fc.tuple(size, size).map(([a, b]) => input("x", [a, "T", b]));
  runs(
    "axes in any order",
    fc.tuple(three, fc.shuffledSubarray([-1, -2, -3], { minLength: 3 })).map(([x, order]) => transpose(order)(x)),
  );
  runs(
    "slices of any axis",
    fc.tuple(size, size, size, axis).map(([before, length, after, a]) => {
      const shape = [2, 3, 4].with(3 + a, before + length + after);
      return slice(a, before, length)(input("x", shape));
    }),
  );
  runs(
    "rows added up by place, one after the other",
    fc.tuple(fc.boolean(), size, fc.integer({ min: 4, max: 9 })).map(([table, lead, n]) => {
      const index = table ? reshape(1, [2, 2])(iota(4)) : input("ids", ["T"], "i32");
      return scatterAdd(-2, n, index)(input("x", table ? [lead, 2, 2, 3] : [lead, "T", 3]));
    }),
    1e-6,
  );
  runs(
    "any number side by side",
    fc
      .tuple(axis, fc.array(size, { minLength: 1, maxLength: 20 }))
      .map(([a, sizes]) =>
        concat(a, ...sizes.map((n, i) => input(`${i}`, (["T", 2, 3] as (string | number)[]).with(3 + a, n)))),
      ),
  );
  runs(
    "rows in any order, from data, from a table, of a weight",
    fc.tuple(fc.boolean(), fc.boolean(), fc.integer({ min: 4, max: 9 })).map(([table, held, n]) => {
      const index = table ? reshape(1, [2, 2])(iota(4)) : input("ids", [3], "i32");
      return gather(-2, index)(held ? weight("x", [n, 3]) : input("x", [2, n, 3]));
    }),
  );
}

test.run();
