import { suite } from "uvu";
import * as assert from "uvu/assert";
import { evaluate } from "../src/evaluate.ts";
import { linearIn } from "../src/linearity.ts";
import type { OpName } from "../src/op.ts";
import type { Tensors } from "../src/sizes.ts";
import { type Tensor, tensor, toF64 } from "../src/tensor.ts";
import { type Case, cases, noise } from "../src/testing/index.ts";
import { right } from "./either.ts";

const test = suite("linearity");

const [a, b] = [0.75, -1.5];

const mapped = (t: Tensor, f: (v: number, i: number) => number): Tensor => tensor("f64", t.shape, toF64(t).map(f));

const output = (c: Case, tensors: Tensors): Float64Array =>
  toF64(right(evaluate(c.graph, { ...c.tensors, ...tensors }, c.sizes)).output as Tensor);

const chosen = (c: Case, group: readonly number[], f: (t: Tensor) => Tensor): Tensors =>
  Object.fromEntries(group.map((i) => [`in${i}`, f(c.tensors[`in${i}`] as Tensor)]));

/** How far f(a·x + b·y) is from a·f(x) + b·f(y), x and y varied in all inputs of the group together. */
const bend = (c: Case, group: readonly number[]): number => {
  const other = (t: Tensor): Tensor => mapped(t, (v, i) => v * 0.5 + noise(i, 91));
  const mixed = (t: Tensor): Tensor => {
    const y = toF64(other(t));
    return mapped(t, (v, i) => a * v + b * (y[i] ?? 0));
  };
  const [x, y] = [output(c, {}), output(c, chosen(c, group, other))];
  return output(c, chosen(c, group, mixed)).reduce(
    (worst, v, i) => Math.max(worst, Math.abs(v - a * (x[i] ?? 0) - b * (y[i] ?? 0))),
    0,
  );
};

/** Ids are no numbers to add up. */
const varies = (c: Case, group: readonly number[]): boolean =>
  group.every((i) => {
    const x = c.node.inputs[i];
    const index = ["gather 1", "scatterAdd 1", "partsAt 1", "toExperts 2", "fromExperts 2"].includes(`${c.op} ${i}`);
    return x !== undefined && !index;
  });

const subsets = (n: number): readonly (readonly number[])[] =>
  Array.from({ length: 2 ** n - 1 }, (_, k) =>
    Array.from({ length: n }, (_, i) => i).filter((i) => ((k + 1) >> i) & 1),
  );

const byOp = new Map<OpName, Case[]>();
for (const c of cases) byOp.set(c.op, [...(byOp.get(c.op) ?? []), c]);

for (const [op, samples] of byOp)
  test(`${op} is linear in each group of inputs, and in no other`, () => {
    for (const c of samples)
      for (const group of linearIn(c.node))
        assert.ok(bend(c, group) < 1e-10, `${c.name} is not linear in ${group}: off by ${bend(c, group)}`);
    const small = samples.filter((c) => c.node.inputs.length <= 3);
    for (const group of subsets(small[0]?.node.inputs.length ?? 0)) {
      const inside = (c: Case): boolean => linearIn(c.node).some((g) => group.every((i) => g.includes(i)));
      const able = small.filter((c) => varies(c, group));
      if (able.length === 0 || able.every(inside)) continue;
      assert.ok(
        able.some((c) => !(bend(c, group) < 1e-10)),
        `${op} seems linear in ${group}, which the table does not say`,
      );
    }
  });

test.run();
