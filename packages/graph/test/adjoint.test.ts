// The adjoint of every op on every sample: it is the derivative, where the op is linear it is the transpose, and a row that
// is written out for a composite is the expansion's.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compositeAdjoints } from "../src/adjoint/composites.ts";
import { evaluate } from "../src/evaluate.ts";
import { expand } from "../src/expand.ts";
import { linearIn } from "../src/linearity.ts";
import type { OpName } from "../src/op.ts";
import * as s from "../src/syntax.ts";
import { f32, type Tensor, toF64 } from "../src/tensor.ts";
import { type Case, cases, close, cotangentsOf, floatLeaves, noise, type Runnable } from "../src/testing/index.ts";
import { vjp } from "../src/vjp.ts";
import { direction, gradients, isDerivative, mapped, paired } from "./derivative.ts";
import { right } from "./either.ts";

const test = suite("adjoint");

/** Inputs that count or choose: no small change means anything to them. */
const counting: Readonly<Partial<Record<OpName, number>>> = {
  gather: 1,
  scatterAdd: 1,
  partsAt: 1,
  where: 0,
  toExperts: 2,
  fromExperts: 2,
};

/** Where samples sit on a jump or a kink they are moved off it; every other sample is differentiated where it is. */
const apart = (v: number, i: number, j: number): number => {
  const other = v + 0.3 + 0.2 * noise(i, 40 + j);
  return other + 0.1 * Math.sign(other);
};
const moved: Readonly<Partial<Record<OpName, readonly number[]>>> = {
  less: [0, 1],
  equal: [0, 1],
  activate: [0],
  gated: [0],
  split: [0],
  splitRows: [0],
  topK: [0],
};

/** binary32's steps are what this op is about: differences see them. */
const coarse: ReadonlySet<OpName> = new Set<OpName>(["roundF32"]);

const pointOf = (c: Case): Runnable => {
  const tensors = Object.entries(c.tensors).map(([name, t]) => {
    const j = Number(name.slice(2));
    return [name, moved[c.op]?.includes(j) ? mapped(t, (v, i) => apart(v, i, j)) : t];
  });
  return { graph: c.graph, tensors: Object.fromEntries(tensors), sizes: c.sizes };
};

const varying = (c: Case): readonly string[] => floatLeaves(c.graph).filter((name) => name !== `in${counting[c.op]}`);

const differentiated = cases.filter((c) => varying(c).length > 0);

test("every op that reads numbers is differentiated", () => {
  const seen = new Set(differentiated.map((c) => c.op));
  assert.equal(
    [...new Set(cases.map((c) => c.op))].filter((op) => !seen.has(op)),
    ["constant", "iota", "size"],
  );
});

for (const c of differentiated)
  test(`${c.name}: the derivative, by differences`, () => {
    const point = pointOf(c);
    isDerivative(point, direction(point, varying(c)), coarse.has(c.op) ? 1e-3 : 1e-8);
  });

for (const c of cases.filter((c) => counting[c.op] !== undefined))
  test(`${c.name}: zero by what counts`, () => {
    const name = `in${counting[c.op]}`;
    if (!floatLeaves(c.graph).includes(name)) return;
    assert.ok(toF64(gradients(c, [name], cotangentsOf(c.graph, c.sizes))[name] as Tensor).every((g) => g === 0));
  });

/** f(x) = J·x where f is linear, so ⟨v, f(x)⟩ must be ⟨Jᵀv, x⟩; and Jᵀ must be the same at another x. */
for (const c of cases)
  for (const group of linearIn(c.node)) {
    const names = group.map((i) => `in${i}`).filter((name) => varying(c).includes(name));
    if (names.length < group.length) continue;
    test(`${c.name}: the transpose in ${group}`, () => {
      const v = cotangentsOf(c.graph, c.sizes);
      const pulled = gradients(c, names, v);
      const forward = paired(v, right(evaluate(c.graph, c.tensors, c.sizes)));
      const backward = paired(pulled, c.tensors);
      assert.ok(Math.abs(forward - backward) <= 1e-10 * (1 + Math.abs(forward)), `${forward} and ${backward}`);
      const elsewhere = Object.fromEntries(
        names.map((n, i) => [n, mapped(c.tensors[n] as Tensor, (x, k) => x + noise(k, i))]),
      );
      const again = gradients({ ...c, tensors: { ...c.tensors, ...elsewhere } }, names, v);
      for (const name of names) close(again[name] as Tensor, pulled[name] as Tensor, { rtol: 1e-12 });
    });
  }

const written = cases.filter((c) => compositeAdjoints[c.op] !== undefined);

test("every row of a composite has samples", () =>
  assert.equal(new Set(written.map((c) => c.op)).size, Object.keys(compositeAdjoints).length));

for (const frozen of [false, true])
  for (const c of written)
    test(`${c.name}: the expansion's adjoint${frozen ? ", frozen" : ""}`, () => {
      const names = floatLeaves(c.graph);
      const meaning = { ...c, graph: right(expand(c.graph)) };
      const [actual, expected] = [c, meaning].map((p) =>
        gradients(p, names, cotangentsOf(c.graph, c.sizes), { frozen }),
      );
      for (const name of names)
        close(actual?.[name] as Tensor, expected?.[name] as Tensor, { rtol: 1e-9, atol: 1e-12, of: "largest" });
    });

const gradient = (y: ReturnType<typeof s.neg>, x: Tensor): readonly number[] => {
  const pulled = right(vjp({ y: s.sum(-1)(y) }, { of: { y: s.constant([1]) }, wrt: ["x"] }));
  return [...toF64(right(evaluate(pulled, { x }))["grad.x"] as Tensor)];
};
const x = s.input("x", [4]);

test("equal largest v share evenly", () =>
  assert.equal(gradient(s.max(-1)(x), f32([4], [1, 3, 3, 2])), [0, 0.5, 0.5, 0]));

test("of two equal v the second is the maximum", () => {
  assert.equal(gradient(s.maximum(x, 0), f32([4], [-1, 0, 2, 0])), [0, 0, 1, 0]);
  assert.equal(gradient(s.maximum(0, x), f32([4], [-1, 0, 2, 0])), [0, 1, 1, 1]);
});

test("rounding passes through, comparisons end", () => {
  assert.equal(gradient(s.roundF32(x), f32([4], [0.1, 1, 2, 3])), [1, 1, 1, 1]);
  assert.equal(gradient(s.mul(x, s.less(x, 2)), f32([4], [0.1, 1, 2, 3])), [1, 1, 0, 0]);
});

test("edges are those of the function", () => {
  const edge = f32([4], [0, 4, 0, 1]);
  assert.equal(gradient(s.sqrt(x), edge), [Number.POSITIVE_INFINITY, 0.25, Number.POSITIVE_INFINITY, 0.5]);
  assert.equal(gradient(s.log(x), edge), [Number.POSITIVE_INFINITY, 0.25, Number.POSITIVE_INFINITY, 1]);
  assert.equal(gradient(s.div(1, x), edge), [Number.NEGATIVE_INFINITY, -1 / 16, Number.NEGATIVE_INFINITY, -1]);
});

test.run();
