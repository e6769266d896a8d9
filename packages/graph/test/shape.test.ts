import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dim, shapeOfSizes, showShape } from "../src/dim.ts";
import { evaluate } from "../src/evaluate.ts";
import { at, type Expr, node } from "../src/expr.ts";
import { attentionWeights } from "../src/nn.ts";
import type { OpName, Ops } from "../src/op.ts";
import { check } from "../src/shape.ts";
import * as s from "../src/syntax.ts";
import { cases, graphs } from "../src/testing/index.ts";
import { left, right } from "./either.ts";
import { fuzz } from "./seed.ts";

const test = suite("shape");

for (const { name, graph, node: x, tensors, sizes } of cases)
  test(`${name}: the shape is the value's`, () => {
    const shape = right(check(graph)).get(x) ?? [];
    assert.equal(right(evaluate(graph, tensors, sizes)).output?.shape, shapeOfSizes(shape, sizes));
  });

test("random graphs have the shapes of their values", () => {
  fc.assert(
    fc.property(graphs(), ({ graph, tensors, sizes }) => {
      const shapes = right(check(graph));
      const values = right(evaluate(graph, tensors));
      for (const [name, x] of Object.entries(graph))
        assert.equal(values[name]?.shape, shapeOfSizes(shapes.get(x) ?? [], sizes));
    }),
    fuzz(50),
  );
});

const x = s.input("x", ["T", 3]);

test("every fault at once, each with its place, and none for what stands on a faulty node", () => {
  const product = at("head")(node("linear", {}, x, s.weight("w", [4, 5])));
  const other = s.transpose([-1, -1])(x);
  assert.equal(left(check({ a: s.neg(product), b: s.exp(other) })).split("\n"), [
    "linear at head: expected […, D] and [N, D], got [T, 3] and [4, 5]",
    "transpose: expected an order of the axes -1 … -2, got [-1, -1] for [T, 3]",
  ]);
});

test("one name is one tensor, one site is one node", () => {
  const twice = { a: s.add(at("here")(x), at("here")(s.neg(x))) };
  assert.match(left(check(twice)), "neg at here: expected a site used once, got the same site on two nodes");
  assert.match(
    left(check({ x, y: s.input("x", ["T", 4]) })),
    "input x: expected f32 input [T, 3] as before, got f32 input [T, 4]",
  );
  assert.match(left(check({ x, y: s.input("x", ["T", 3], "i32") })), "got i32 input [T, 3]");
  assert.match(left(check({ x, y: s.weight("x", ["T", 3]) })), "weight x");
  assert.ok(E.isRight(check({ x, y: s.neg(s.input("x", ["T", 3])) })));
});

test("one node may be two outputs", () => assert.ok(E.isRight(check({ a: x, b: x }))));

const heads = s.input("heads", ["T", 1, 2]);
const misfits: Readonly<Record<string, Expr>> = {
  "as many inputs as the op has": node("add", {}, x),
  "an axis from the end": s.sum(1)(x),
  "an axis that is there": s.sum(-3)(x),
  "concat of one rank": s.concat(-1, x, s.input("y", ["T"])),
  "concat of something": s.concat(-1),
  "slices inside": s.slice(-1, 2, 2)(x),
  "slices of whole places": s.slice(-1, 0.5, 1)(x),
  "slices of something": s.slice(-1, 0, 0)(x),
  "sizes that are sizes": s.input("z", [0]),
  "no negative sizes": s.weight("w", [-1, 2]),
  "no broken sizes": s.iota(1.5),
  "as many values as elements": s.constant([1, 2], [3]),
  "reshape to as many elements": s.reshape(1, [2])(x),
  "reshape of axes that are there": s.reshape(3, ["T", 3])(x),
  "as many rows to add as places": s.scatterAdd(-2, 4, s.iota(3))(x),
  "places along an axis that is there": s.scatterAdd(-3, 4, s.iota("T"))(x),
  "broadcast to something larger": s.broadcast(["T"])(x),
  "shapes that broadcast": s.add(x, s.input("y", ["T", 2])),
  "a temperature": node(
    "split",
    { shares: "softmax", temperature: 0, special: "keep", remainder: 1 },
    s.input("g", [2, "T", 3]),
    x,
  ),
  "a remainder among the parts": node(
    "split",
    { shares: "softmax", temperature: 1, special: "keep", remainder: 2 },
    s.input("g", [2, "T", 3]),
    x,
  ),
  "a part among the parts": node("addToPart", { part: 2, rank: 2 }, s.input("g", [2, "T", 3]), x),
  "a summand of one part": node("addToPart", { part: 0, rank: 1 }, s.input("g", [2, 1]), s.input("c", [4])),
  "a window of one key or more": attentionWeights(1, { window: 0 })(heads, heads),
  "a softcap above 0": attentionWeights(1, { softcap: 0 })(heads, heads),
  "square weights over rows": node(
    "attendRows",
    { extras: 0, tokens: 2 },
    s.input("a", [2, 1, 2]),
    s.input("v", [3, 1, 4]),
  ),
};

for (const [wanted, faulty] of Object.entries(misfits))
  test(`expects ${wanted}`, () => {
    assert.match(left(check({ faulty })), /^[a-zA-Z]+( \w+)?: expected .*, got .*/);
  });

/** Whatever shapes meet in whatever op: a fault or a shape, never a throw. */
test("bad inputs are faults, never throws", () => {
  const size = fc.constantFrom(dim("T"), dim("M"), 0, 1, 2, 3, 4);
  const shape = fc.array(size, { maxLength: 4 });
  const byOp = new Map<OpName, Ops[OpName][]>();
  for (const { op, node: n } of cases) byOp.set(op, [...(byOp.get(op) ?? []), n.params]);
  const params = fc.constantFrom(...[...byOp].flatMap(([op, all]) => all.map((p) => [op, p] as const)));
  const odd = fc.constantFrom(-5, -1, 0, 0.5, 2, 9, Number.NaN);
  fc.assert(
    fc.property(params, fc.array(shape, { maxLength: 4 }), odd, fc.boolean(), ([op, own], shapes, n, bend) => {
      const bent = Object.fromEntries(Object.entries(own).map(([k, v]) => [k, bend && typeof v === "number" ? n : v]));
      const inputs = shapes.map((d, i) => s.input(`${i}`, d));
      const result = check({ y: node(op, bent as Ops[OpName], ...inputs) });
      if (E.isRight(result)) for (const d of result.right.values()) assert.ok(!showShape(d).includes("NaN"));
    }),
    fuzz(3000),
  );
});

test.run();
