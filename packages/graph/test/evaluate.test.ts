import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { minus, over, times } from "../src/dim.ts";
import { evaluate, evaluateClosed } from "../src/evaluate.ts";
import type { Expr } from "../src/expr.ts";
import * as s from "../src/syntax.ts";
import { f32, type Tensor, tensor } from "../src/tensor.ts";
import { cases, close, graphs } from "../src/testing/index.ts";
import { left, right } from "./either.ts";
import { fuzz } from "./seed.ts";

const test = suite("evaluate");

const valueOf = (x: Expr, tensors = {}, sizes = {}): Tensor => right(evaluate(x, tensors, sizes)).output as Tensor;
const of = (shape: number[], ...values: number[]): Tensor => f32(shape, values);

const x = s.input("x", ["T", 2]);
const given = { x: of([2, 2], 1, 2, 3, 4) };

/** Small sums done by hand. */
const known: Readonly<Record<string, readonly [Expr, Tensor]>> = {
  "broadcasting from the right": [s.add(x, s.constant([10, 20])), of([2, 2], 11, 22, 13, 24)],
  "broadcasting a column": [s.sub(x, s.max(-1)(x)), of([2, 2], -1, 0, -1, 0)],
  "an outer product": [s.mul(s.constant([1, 2], [2, 1]), s.constant([3, 4])), of([2, 2], 3, 4, 6, 8)],
  comparisons: [s.add(s.less(x, 3), s.mul(10, s.equal(x, 3))), of([2, 2], 1, 1, 10, 0)],
  where: [s.where(s.less(x, 3), s.neg(x), 0), of([2, 2], -1, -2, 0, 0)],
  "sums of columns": [s.sum(-2)(x), of([1, 2], 4, 6)],
  matmul: [s.matmul(x, s.constant([1, 2, 3, 4], [2, 2])), of([2, 2], 7, 10, 15, 22)],
  transpose: [s.transpose([-1, -2])(x), of([2, 2], 1, 3, 2, 4)],
  "slice by a symbol": [s.slice(-2, minus("T", 1), 1)(x), of([1, 2], 3, 4)],
  concat: [s.concat(-1, x, s.neg(x)), of([2, 4], 1, 2, -1, -2, 3, 4, -3, -4)],
  "gather of columns": [s.gather(-1, s.constant([1, 1, 0]))(x), of([2, 3], 2, 2, 1, 4, 4, 3)],
  "rows added up by place": [
    s.scatterAdd(-2, 3, s.constant([2, 2]))(s.slice(-2, 0, 2)(x)),
    of([3, 2], 0, 0, 0, 0, 4, 6),
  ],
  "columns added up by place": [s.scatterAdd(-1, 1, s.constant([0, 0]))(x), of([2, 1], 3, 7)],
  "no place out of range": [s.scatterAdd(-2, 2, s.constant([0, 2]))(s.slice(-2, 0, 2)(x)), of([2, 2], 1, 2, 0, 0)],
  "a computed index out of range": [s.gather(-2, s.constant([0, 2]))(x), of([2, 2], 1, 2, Number.NaN, Number.NaN)],
  "zero times infinity": [
    s.matmul(s.constant([0, 1], [1, 2]), s.constant([Number.POSITIVE_INFINITY, 1], [2, 1])),
    of([1, 1], Number.NaN),
  ],
  "sizes as numbers": [s.size(over(times("T", "T"), 2)), of([], 2)],
};

for (const [what, [expr, value]] of Object.entries(known))
  test(what, () => close(valueOf(expr, given, { T: 2 }), value));

test("a product is the sum of its terms in their order, whatever its depth, zeros and infinities included", () => {
  const term = fc.oneof(fc.constantFrom(0, -0, 1, Number.POSITIVE_INFINITY, Number.NaN), fc.double({ noNaN: true }));
  const product = fc.integer({ min: 1, max: 10 }).chain((depth) => {
    const some = (length: number) => fc.array(term, { minLength: length, maxLength: length });
    return fc.record({ depth: fc.constant(depth), a: some(2 * depth), b: some(3 * depth) });
  });
  fc.assert(
    fc.property(product, ({ depth, a, b }) => {
      const found = valueOf(s.matmul(s.input("a", [2, "K"]), s.input("b", ["K", 3])), {
        a: tensor("f64", [2, depth], Float64Array.from(a)),
        b: tensor("f64", [depth, 3], Float64Array.from(b)),
      });
      const wanted = Array.from({ length: 6 }, (_, at) =>
        Array.from({ length: depth }, (_, k) => k).reduce(
          (sum, k) => sum + (a[Math.floor(at / 3) * depth + k] as number) * (b[k * 3 + (at % 3)] as number),
          0,
        ),
      );
      assert.equal([...found.data], wanted);
    }),
    fuzz(300),
  );
});

test("the tensors that are given stay as they are", () => {
  fc.assert(
    fc.property(graphs(), ({ graph, tensors }) => {
      const before = Object.values(tensors).map((t) => [...t.data]);
      right(evaluate(graph, tensors));
      assert.equal(
        Object.values(tensors).map((t) => [...t.data]),
        before,
      );
    }),
    fuzz(20),
  );
});

test("every stored type is read as the numbers it stands for", () => {
  const half = tensor("bf16", [1, 2], Uint16Array.of(0x3f80, 0xc000));
  close(valueOf(x, { x: half }), of([1, 2], 1, -2));
});

test("an output twice, an input as output, a closed output", () => {
  const y = s.neg(x);
  const out = right(evaluate({ y, again: y, x, n: s.iota("T") }, given));
  close(out.again as Tensor, out.y as Tensor);
  close(out.x as Tensor, given.x);
  close(out.n as Tensor, of([2], 0, 1));
});

test("faults of shapes, sizes, ids and tensors, never a throw", () => {
  assert.match(left(evaluate(s.sum(-3)(x), given)), "sum: expected");
  assert.match(left(evaluate(x, {})), "input x: expected a tensor [T, 2], got none");
  assert.match(left(evaluate(s.slice(-2, 0, 3)(x), given)), "the axis behind the slice");
  assert.match(left(evaluate(s.add(x, s.iota("N")), given)), "expected");
  assert.match(left(evaluate(s.gather(-2, s.input("i", [1], "i32"))(x), { ...given, i: of([1], 2) })), "input i[0]");
});

test("bent samples are faults or values, never throws", () => {
  const bends: readonly ((t: Tensor) => Tensor | undefined)[] = [
    () => undefined,
    (t) => ({ ...t, shape: [...t.shape, 2] }),
    (t) => ({ ...t, shape: t.shape.map((n) => n + 1) }),
    (t) => ({ ...t, data: t.data.slice(1) }),
    (t) => ({ ...t, data: Float32Array.from(t.data, (v) => v - 9.5) }),
    (t) => ({ ...t, data: Float32Array.from(t.data, () => Number.NaN) }),
    (t) =>
      f32(
        t.shape.map(() => 0),
        [],
      ),
  ];
  fc.assert(
    fc.property(fc.constantFrom(...cases), fc.constantFrom(...bends), fc.nat(3), (c, bend, n) => {
      const name = Object.keys(c.tensors)[n];
      if (name === undefined) return;
      const bent = bend(c.tensors[name] as Tensor);
      const { [name]: _, ...others } = c.tensors;
      const result = evaluate(c.graph, bent === undefined ? others : { ...others, [name]: bent }, {});
      if (E.isLeft(result)) assert.match(left(result), /^.+: expected .+, got /);
    }),
    fuzz(500),
  );
});

test("closed expressions need sizes alone", () => {
  close(evaluateClosed(s.mul(s.iota("T"), s.size("T")), { T: 3 }), of([3], 0, 3, 6));
  assert.throws(() => evaluateClosed(s.iota("T"), {}), /internal: .*no input gives/);
});

test.run();
