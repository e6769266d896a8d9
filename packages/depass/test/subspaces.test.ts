// Parts that are projections: of the subspace, whichever basis was given; exactly what is left beside them; and bases that are none.
import { constant, orThrow, reference, showFaults, softmaxRule, subspaceSeed, taylorRule } from "@depass/graph";
import { noise } from "@depass/graph/testing";
import { type Model, site } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AttributeOptions, attribute, load } from "../src/attribute.ts";
import type { Attribution } from "../src/result.ts";
import { type Basis, subspaceLevel } from "../src/subspaces.ts";

const test = suite("subspaces");

let model: Model;
test.before(async () => {
  model = await load();
});
test.after(() => model.close());

const asked = (seed: AttributeOptions["seed"], options: AttributeOptions = {}): Promise<Attribution> =>
  attribute(model, "The capital of Gerland is", { backend: reference, ...options, ...(seed && { seed }) });

const WIDTH = 128;
const axis = (...at: readonly (readonly [d: number, value: number])[]): number[] => {
  const row = new Array<number>(WIDTH).fill(0);
  for (const [d, value] of at) row[d] = value;
  return row;
};

const near = (a: Attribution, b: Attribution): void => {
  const [x, y] = [a, b].map(({ parts }) => parts.map(({ score }) => score)) as [number[], number[]];
  const off = Math.hypot(...x.map((s, i) => s - (y[i] as number)));
  assert.ok(x.length === y.length && off <= 1e-9 * Math.hypot(...y), `${x} and ${y}`);
};

const level = (bases: readonly Basis[], layer = 1) => subspaceLevel(model.architecture, layer, bases);

test("the projection is that of the subspace: rows askew, long or tiny give what orthonormal ones give", async () => {
  const plain = subspaceSeed(site.residPre(1), [
    constant([...axis([3, 1]), ...axis([7, 1])], [2, WIDTH]),
    constant(axis([20, 0.6], [21, 0.8]), [1, WIDTH]),
  ]);
  const skew = [
    { name: "two", rows: [axis([3, 1e-30], [7, 2e-30]), axis([3, 5e180], [7, 5.001e180])] },
    { name: "one", rows: [axis([20, 300], [21, 400])] },
  ];
  for (const rule of [softmaxRule(), taylorRule()]) {
    const found = await asked(orThrow(level(skew)), { rule });
    near(found, await asked(plain, { rule }));
    assert.equal(
      found.parts.map(({ name }) => name),
      ["two", "one", "bias", "remainder"],
    );
    assert.ok(found.gap < 1e-9);
    assert.is(found.mode, rule.linear ? "adjoint" : "forward");
  }
});

test("all directions together leave nothing, whatever basis of them it is", async () => {
  const rows = Array.from({ length: WIDTH }, (_, k) =>
    Array.from({ length: WIDTH }, (_, d) => noise(k * WIDTH + d, 3)),
  );
  const { parts, gap } = await asked(orThrow(level([{ name: "all", rows }])), { mode: "forward" });
  assert.ok(Math.abs(parts.at(-1)?.score as number) < 1e-6 && gap < 1e-9, `${parts.at(-1)?.score}`);
});

const one = { name: "one", rows: [axis([3, 1])] };
const wrong: readonly (readonly [bases: readonly Basis[], message: RegExp])[] = [
  [[], /at least one basis, got none/],
  [[{ name: "none", rows: [] }], /basis "none": expected 1 to 128 rows \(the model's width\), got 0/],
  [[{ name: "short", rows: [[1, 2]] }], /rows of 128 numbers \(the model's width\), got one of 2/],
  [[{ name: "odd", rows: [axis([1, Number.NaN])] }], /finite numbers/],
  [[{ name: "zero", rows: [axis()] }], /none is made of the others, or zero, got row 0; leave it out/],
  [[{ name: "same", rows: [axis([3, 1]), axis([3, -2], [4, 1e-7])] }], /got row 1/],
  [[one, one], /basis "one": expected each name once, got it twice/],
  [
    [one, { name: "other", rows: [axis([9, 1]), axis([3, 3], [4, 4])] }],
    /right angles.* got cosines of norm 0\.6000 with "other"/,
  ],
  [[{ name: "many", rows: new Array(129).fill(axis([1, 1])) }], /1 to 128 rows .*got 129/],
];

test("bases that are none, or share what would be told twice", () => {
  for (const [bases, message] of wrong) {
    const found = level(bases);
    assert.match(E.isLeft(found) ? showFaults(found.left) : "none", message);
  }
  assert.ok(E.isLeft(level([one], 9)));
  // One direction of each in common, spread over all rows: no two rows are alike.
  const mixed = (from: number, seed: number) =>
    Array.from({ length: 30 }, (_, k) => {
      const row = axis([0, noise(k, seed)]);
      for (let d = from; d < from + 29; d++) row[d] = noise(k * WIDTH + d, seed);
      return row;
    });
  const hidden = level([
    { name: "a", rows: mixed(10, 4) },
    { name: "b", rows: mixed(50, 5) },
  ]);
  assert.match(E.isLeft(hidden) ? showFaults(hidden.left) : "none", /cosines of norm 1\.0000 with "b"/);
});

test.run();
