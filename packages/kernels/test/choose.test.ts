import * as g from "@depass/graph";
import { decompositions, graphs } from "@depass/graph/testing";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { mostOperands } from "../src/fit.ts";
import type { Lowerings } from "../src/lower.ts";
import { contraction } from "../src/wgsl/contraction.ts";
import type { Operand } from "../src/wgsl/operand.ts";
import { softmaxRows } from "../src/wgsl/reduction.ts";
import { planned, stepsOf } from "./planned.ts";
import { fuzz } from "./seed.ts";

const test = suite("choose");

const x = g.input("x", ["T", 4]);
const y = g.input("y", ["T", 4]);
const w = g.weight("w", [4, 4]);
const b = g.weight("b", [4]);
const steps = (graph: g.Graph, options = {}): readonly string[] => stepsOf(planned(graph, options));

test("element-wise chains are one step over what they read", () => {
  assert.equal(steps({ z: g.add(g.mul(g.exp(x), 2), g.sub(y, x)) }), ["add <- x, y"]);
});

test("a value that is read twice, or is an output, has a buffer", () => {
  const e = g.exp(x);
  assert.equal(steps({ z: g.add(e, g.sum(-1)(e)) }), ["exp <- x", "sum <- exp", "add <- exp, sum"]);
  assert.equal(steps({ e, z: g.neg(e) }), ["exp <- x", "neg <- exp"]);
});

test("a value that is broadcast is computed once, not for every element", () => {
  assert.equal(steps({ z: g.add(x, g.exp(b)) }), ["exp <- b", "add <- x, exp"]);
});

test("renamings take no step, of whatever they rename", () => {
  const renamed = g.freeze(g.reshape(2, [g.times("T", 4)])(g.exp(x)));
  assert.equal(steps({ z: g.exp(renamed) }), ["exp <- x", "exp <- exp"]);
  assert.equal(steps({ z: g.reshape(1, [2, 2])(x) }), []);
  assert.equal(steps({ z: g.mul(y, g.freeze(g.exp(x))) }), ["exp <- x", "mul <- y, exp"]);
});

test("a product adds a residual of its shape, not a bias, not something that others read", () => {
  const product = g.linear(w)(x);
  assert.equal(steps({ z: g.add(y, product) }), ["add <- x, w, y"]);
  assert.equal(steps({ z: g.add(product, g.linear(g.weight("v", [4, 4]))(y)) }), [
    "linear <- y, v",
    "add <- x, w, linear",
  ]);
  assert.equal(steps({ z: g.add(product, b) }), ["linear <- x, w", "add <- linear, b"]);
  assert.equal(steps({ product, z: g.add(product, y) }), ["linear <- x, w", "add <- linear, y"]);
  assert.equal(steps({ z: g.add(product, product) }), ["linear <- x, w", "add <- linear"]);
});

test("a product of a table that no tensor gives", () => {
  const table = g.reshape(1, ["T", 4])(g.iota(g.times("T", 4)));
  assert.equal(steps({ z: g.add(y, g.linear(w)(table)) }), ["add <- reshape, w, y"]);
});

test("closed expressions are data, whole", () => {
  const table = g.cos(g.mul(g.iota("T"), 0.5));
  const p = planned({ z: g.mul(x, g.reshape(1, ["T", 1])(table)), table });
  assert.equal(
    p.buffers.filter((c) => c.kind === "closed").map((c) => c.name),
    ["cos", "reshape"],
  );
  assert.equal(stepsOf(p), ["mul <- x, reshape"]);
});

test("numbers that WGSL cannot write are data too", () => {
  const p = planned({ z: g.where(g.less(x, 0), Number.NEGATIVE_INFINITY, g.mul(x, 1e39)) });
  assert.is(p.buffers.filter((c) => c.kind === "closed").length, 2);
});

test("no step binds more than every device can, however much is added up", () => {
  const inputs = Array.from({ length: 40 }, (_, i) => g.input(`x${i}`, ["T", 4]));
  const half = (from: number): g.Expr => inputs.slice(from, from + 6).reduce((a, c) => g.add(a, c));
  const wide = g.where(half(0), half(10), half(20));
  for (const z of [inputs.reduce((a, c) => g.add(a, c)), wide, g.concat(-1, ...inputs)])
    for (const s of planned({ z }).steps)
      assert.ok(s.reads.length <= mostOperands, `${s.name} reads ${s.reads.length}`);
});

test("every step of random graphs and decompositions reads what is there before it", () => {
  const any = fc.oneof(graphs(40), decompositions);
  fc.assert(
    fc.property(any, ({ graph }) => {
      const p = planned(graph);
      const ready = new Set(p.buffers.flatMap((c, i) => (c.kind === "step" ? [] : [i])));
      for (const s of p.steps) {
        assert.ok(s.reads.length <= mostOperands && s.reads.every((r) => ready.has(r)), s.name);
        assert.not(s.reads.includes(s.write));
        assert.not(ready.has(s.write));
        ready.add(s.write);
      }
      for (const { buffer } of Object.values(p.outputs)) assert.ok(ready.has(buffer));
    }),
    fuzz(40),
  );
});

test("a row of the user's own is taken, with its own operands only", () => {
  const mine: Lowerings = { linear: (_, c) => contraction(c.name, ...(c.operands as [Operand, Operand]), c.shape) };
  assert.equal(steps({ z: g.add(y, g.linear(w)(x)) }, { lowerings: mine }), ["linear <- x, w", "add <- y, linear"]);
  const composite: Lowerings = { activate: (_, c) => softmaxRows(c.name, c.operands[0] as Operand) };
  assert.equal(steps({ z: g.activate("relu")(x) }, { lowerings: composite }), ["activate <- x"]);
});

test.run();
