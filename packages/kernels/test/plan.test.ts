import * as g from "@depass/graph";
import { graphs } from "@depass/graph/testing";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { plan } from "../src/plan.ts";
import { planned } from "./planned.ts";
import { fuzz } from "./seed.ts";

const test = suite("plan");

const x = g.input("x", ["T", 4]);
const w = g.weight("w", [4, 4]);

test("composites without a kernel are expanded, those with one are not", () => {
  const p = planned({ y: g.rmsNorm(g.weight("g", [4]), 1e-5)(x), z: g.softmax(x) });
  assert.equal([...new Set(p.steps.map((s) => s.name))].sort(), ["mul", "rmsScale", "softmax"]);
});

test("a tensor has one buffer, whatever reads it, in its stored type", () => {
  const same = { y: g.linear(w)(x), z: g.matmul(g.input("x", ["T", 4]), g.weight("w", [4, 4])) };
  const p = planned(same, { dtypeOf: () => "bf16" });
  assert.equal(
    p.buffers.filter((b) => b.kind !== "step").map((b) => `${b.kind} ${b.name} ${b.dtype}`),
    ["input x f32", "weight w bf16"],
  );
});

test("outputs: an input, a renaming, one value under two names, a table", () => {
  const y = g.exp(x);
  const p = planned({ x, flat: g.reshape(2, [g.times("T", 4)])(y), y, again: y, table: g.iota("T") });
  const kind = (name: string): string | undefined => p.buffers[p.outputs[name]?.buffer ?? -1]?.kind;
  assert.equal(Object.keys(p.outputs).map(kind), ["input", "step", "step", "step", "closed"]);
  assert.is(p.outputs.flat?.buffer, p.outputs.again?.buffer);
  assert.is(g.showShape(p.outputs.flat?.shape ?? []), "[4·T]");
  assert.is(p.steps.length, 1);
});

test("outputs live to the end, everything else from its writing to its last reading", () => {
  fc.assert(
    fc.property(graphs(40), ({ graph }) => {
      const p = planned(graph);
      const kept = new Set(Object.values(p.outputs).map((o) => o.buffer));
      p.buffers.forEach((b, i) => {
        const uses = p.steps.flatMap((s, at) => (s.write === i || s.reads.includes(i) ? [at] : []));
        if (kept.has(i)) assert.is(b.until, Number.POSITIVE_INFINITY);
        else assert.ok(b.until >= Math.max(0, ...uses));
        if (b.kind === "step") assert.ok(b.from <= Math.min(...uses));
      });
    }),
    fuzz(40),
  );
});

test("equal kernels are one text, so that a pipeline serves all layers", () => {
  const layers = [1, 2, 3, 4].reduce((y, l) => g.linear(g.weight(`w${l}`, [4, 4]))(y), x);
  assert.is(new Set(planned({ layers }).steps.map((s) => s.kernel.wgsl)).size, 1);
});

test("what a run must check is found before anything is expanded or simplified", () => {
  const ids = g.input("ids", ["P"], "i32");
  const p = planned({ y: g.embedding(w, ids), z: g.slice(-2, 0, 2)(x) });
  assert.equal(p.bounds, [{ input: "ids", below: 4 }]);
  assert.ok(p.sizes.some((s) => g.showDim(s.size) === "T-2"));
});

test("a misshapen graph is a fault", () => {
  const faulty = plan({ y: g.sum(-3)(x) }, { target: { kind: "software", features: [] }, dtypeOf: () => "f32" });
  assert.ok(E.isLeft(faulty) && g.showFaults(faulty.left).startsWith("sum: expected an axis"));
});

test.run();
