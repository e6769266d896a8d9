import * as g from "@depass/graph";
import { decompositions, graphs } from "@depass/graph/testing";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { batchSteps, bytesOf, fitLayout, type Layout, layOut, planBytes, tilesOf } from "../src/memory-plan.ts";
import type { Plan, PlanStep } from "../src/plan.ts";
import { tileSymbols } from "../src/regions.ts";
import { planned } from "./planned.ts";
import { fuzz } from "./seed.ts";

const test = suite("memory-plan");

/** What a run would do: the steps in order, those of a region once for each tile. */
const order = (p: Plan, sizes: g.Sizes, tileRows: number): readonly PlanStep[] => {
  const done: PlanStep[] = [];
  for (let from = 0; from < p.steps.length; ) {
    const region = p.steps[from]?.region;
    let to = from + 1;
    while (region !== undefined && p.steps[to]?.region === region) to++;
    const times = region === undefined ? 1 : tilesOf(region, sizes, tileRows).length;
    for (let i = 0; i < times; i++) done.push(...p.steps.slice(from, to));
    from = to;
  }
  return done;
};

/** Acts a run out on slots: whatever is read must still be there, and fit. */
const isSound = (p: Plan, sizes: g.Sizes, layout: Layout): void => {
  const holds = new Map<number, number>();
  const slot = (b: number): number => layout.slotOf[b] ?? -1;
  const isWeight = (b: number): boolean => p.buffers[b]?.kind === "weight";
  p.buffers.forEach((b, i) => {
    if (b.kind === "weight") return;
    assert.ok((layout.slots[slot(i)]?.bytes ?? 0) >= bytesOf(b, sizes, layout.tileRows), b.name);
    if (b.kind !== "step") holds.set(slot(i), i);
  });
  const there = (b: number): void =>
    assert.ok(isWeight(b) || holds.get(slot(b)) === b, `${p.buffers[b]?.name} is gone`);
  for (const s of order(p, sizes, layout.tileRows)) {
    s.reads.forEach(there);
    for (const r of s.reads) assert.ok(isWeight(r) || slot(r) !== slot(s.write), `${s.name} reads where it writes`);
    holds.set(slot(s.write), s.write);
  }
  for (const { buffer } of Object.values(p.outputs)) there(buffer);
};

const randomPlans = fc.oneof(
  graphs(40).map(({ graph, sizes }) => ({ p: planned(graph), sizes })),
  decompositions.map(({ graph, model }) => ({
    p: planned(g.orThrow(g.pack(g.orThrow(g.simplify(graph))))),
    sizes: model.sizes,
  })),
);

test("nothing is overwritten before its last reading, in one piece or in tiles of any size", () => {
  fc.assert(
    fc.property(randomPlans, fc.integer({ min: 1, max: 30 }), ({ p, sizes }, rows) => {
      isSound(p, sizes, layOut(p, sizes));
      isSound(p, sizes, layOut(p, sizes, Math.max(rows, (sizes.T ?? 1) + 2)));
    }),
    fuzz(80),
  );
});

test("slots are reused: a chain needs two", () => {
  let x: g.Expr = g.input("x", ["T", 4]);
  for (let i = 0; i < 10; i++) x = g.linear(g.weight(`w${i}`, [4, 4]))(x);
  assert.is(layOut(planned({ x }), { T: 3 }).slots.length, 2);
});

test("bytes by hand", () => {
  const y = g.exp(g.linear(g.weight("w", [3, 4]))(g.input("x", ["T", 4])));
  const p = planned({ y }, { dtypeOf: () => "bf16" });
  const [input, product, result, T] = [5 * 4 * 4, 5 * 3 * 4, 5 * 3 * 4, 5];
  const words = Math.max(...p.steps.map((s) => Math.ceil(s.kernel.uniforms.length / 4) * 4));
  const staging = result;
  // The input has been read when the result is written, and is large enough and not too large to be it.
  assert.equal(planBytes(p, { T }), {
    weights: 3 * 4 * 2,
    run: input + product + words * 4 * batchSteps.hardware + staging,
    total: 3 * 4 * 2 + input + product + words * 4 * batchSteps.hardware + staging,
  });
});

test("odd numbers of halves are rounded up to words", () => {
  const p = planned({ y: g.neg(g.weight("w", [3])) }, { dtypeOf: () => "f16" });
  assert.is(bytesOf(p.buffers.find((b) => b.kind === "weight") as Plan["buffers"][number], {}), 8);
});

test("tiles are all tokens in order, none too large unless it is a single token", () => {
  const region = fc.record({
    tokens: fc.integer({ min: 1, max: 40 }),
    extras: fc.nat(3),
    rows: fc.integer({ min: 1, max: 200 }),
  });
  fc.assert(
    fc.property(region, ({ tokens, extras, rows }) => {
      let [token, row] = [0, 0];
      for (const tile of tilesOf({ tokens, extras }, {}, rows)) {
        assert.is(tile[tileSymbols.firstToken], token);
        assert.is(tile[tileSymbols.firstRow], row);
        const [count, size] = [tile[tileSymbols.tokens] ?? 0, tile[tileSymbols.rows] ?? 0];
        assert.ok(count === 1 || size <= rows);
        token += count;
        row += size;
      }
      assert.is(token, tokens);
      assert.is(row, g.firstRow(tokens, extras));
    }),
    fuzz(100),
  );
});

test("the layout that fits has the fewest tiles, and says so where none fits", () => {
  fc.assert(
    fc.property(decompositions, fc.double({ min: 0.2, max: 1.1, noNaN: true }), ({ graph, model: { sizes } }, part) => {
      const p = planned(g.orThrow(g.pack(g.orThrow(g.simplify(graph)))));
      const bytes = Math.floor(planBytes(p, sizes).run * part);
      const { layout, fits } = fitLayout(p, sizes, { bytes, buffer: Number.POSITIVE_INFINITY });
      assert.is(fits, planBytes(p, sizes, layout).run <= bytes);
      if (part >= 1) assert.is(layout.tileRows, Number.POSITIVE_INFINITY);
      isSound(p, sizes, layout);
    }),
    fuzz(30),
  );
});

test.run();
