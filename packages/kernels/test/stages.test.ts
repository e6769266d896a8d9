import * as g from "@depass/graph";
import { decompositions, graphs } from "@depass/graph/testing";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bytesOf, weightBytes } from "../src/memory-plan.ts";
import type { Plan, PlanBuffer } from "../src/plan.ts";
import { leastWeights, stagesOf } from "../src/stages.ts";
import { planned } from "./planned.ts";
import { fuzz } from "./seed.ts";

const test = suite("stages");

/** Ten layers of one matrix each, the first again at the end. */
const chain = (): Plan => {
  const layer = (x: g.Expr, l: number): g.Expr => g.tanh(g.linear(g.weight(`w${l}`, [4, 4]))(x));
  return planned({ y: [...Array(10).keys(), 0].reduce(layer, g.input("x", ["T", 4])) });
};

const numbersOf = ({ buffers }: Plan): readonly number[] => buffers.flatMap((b, i) => (b.kind === "weight" ? [i] : []));

const names = (p: Plan, buffers: readonly number[]): string => buffers.map((b) => p.buffers[b]?.name).join(" ");

test("room for one matrix: each comes before its layer, and leaves before the next", () => {
  const p = chain();
  assert.is(leastWeights(p), 64);
  const stages = stagesOf(p, [], 64);
  assert.equal(stages.map((s) => `${s.from}-${s.to} -${names(p, s.evict)} +${names(p, s.load)}`).slice(0, 3), [
    "0-2 - +w0",
    "2-4 -w0 +w1",
    "4-6 -w1 +w2",
  ]);
  assert.is(names(p, stages.at(-1)?.load ?? []), "w0");
});

test("room for two: the one that is used again stays", () => {
  const p = chain();
  const loads = stagesOf(p, [], 128).flatMap((s) => s.load);
  assert.is(loads.length, 10);
});

test("room for all: what is there already is left there", () => {
  const p = chain();
  const stages = stagesOf(p, numbersOf(p), weightBytes(p));
  assert.equal(stages, [{ from: 0, to: p.steps.length, evict: [], load: [] }]);
});

const plans = fc.oneof(
  graphs(40).map(({ graph }) => planned(graph)),
  decompositions.map(({ graph }) => planned(g.orThrow(g.pack(g.orThrow(g.simplify(graph)))))),
);

test("every step finds its weights, there are never more than the room holds, and no region is cut", () => {
  fc.assert(
    fc.property(plans, fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean(), (p, share, isFull) => {
      const least = leastWeights(p);
      const room = Math.floor(least + share * (weightBytes(p) - least));
      const there = new Set<number>(isFull ? numbersOf(p) : []);
      let at = 0;
      for (const { from, to, evict, load } of stagesOf(p, there, room)) {
        assert.is(from, at);
        for (const b of evict) assert.ok(there.delete(b), "what leaves was there");
        for (const b of load) assert.ok(there.size < there.add(b).size, "what comes was not there");
        const bytes = [...there].reduce((sum, b) => sum + bytesOf(p.buffers[b] as PlanBuffer, {}), 0);
        assert.ok(bytes <= room, `${bytes} of ${room}`);
        for (const s of p.steps.slice(from, to))
          for (const b of s.reads) assert.ok(p.buffers[b]?.kind !== "weight" || there.has(b), s.name);
        assert.ok(
          from === 0 || p.steps[from]?.region === undefined || p.steps[from]?.region !== p.steps[from - 1]?.region,
        );
        at = to;
      }
      assert.is(at, p.steps.length);
      for (const { buffer } of Object.values(p.outputs))
        assert.ok(p.buffers[buffer]?.kind !== "weight" || there.has(buffer));
    }),
    fuzz(80),
  );
});

test.run();
