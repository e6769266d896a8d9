import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dims } from "../../src/dim.ts";
import { evaluate } from "../../src/evaluate.ts";
import * as s from "../../src/syntax.ts";
import { type Tensor, tensor, toF64 } from "../../src/tensor.ts";
import { clipFactor, globalNorm, type Shaped } from "../../src/train/clip.ts";
import { right } from "../either.ts";
import { fuzz } from "../seed.ts";

const test = suite("train/clip");

const shapes = [[2, 3], [3], []] as const;
const inputs = shapes.map((shape, i): Shaped => [s.input(`g.${i}`, shape), dims(shape)]);

/** The norm before, and the gradients after, all in one list. */
const clipped = (values: readonly number[], limit: number): { norm: number; before: number[]; after: number[] } => {
  const given = [values.slice(0, 6), values.slice(6, 9), values.slice(9)];
  const tensors = given.map((v, i) => [`g.${i}`, tensor("f64", shapes[i] as readonly number[], Float64Array.from(v))]);
  const norm = globalNorm(inputs);
  const graph = { norm, ...Object.fromEntries(inputs.map(([g], i) => [`${i}`, s.mul(g, clipFactor(norm, limit))])) };
  const found = right(evaluate(graph, Object.fromEntries(tensors)));
  const after = shapes.flatMap((_, i) => [...toF64(found[`${i}`] as Tensor)]);
  return { norm: toF64(found.norm as Tensor)[0] as number, before: [...values], after };
};

const number = fc.double({ min: -100, max: 100, noNaN: true });
const gradients = fc.array(number, { minLength: 10, maxLength: 10 });
const limits = fc.double({ min: 1e-3, max: 500, noNaN: true });

test("the norm is that of all elements together", () => {
  const { norm } = clipped([1, -2, 2, 4, 0, 0, 0, 0, 12, 0], 1);
  assert.is(norm, 13);
});

test("what is too long is as long as the limit afterwards, in the same direction; what is not is untouched", () =>
  fc.assert(
    fc.property(gradients, limits, (values, limit) => {
      const { before, after, norm } = clipped(values, limit);
      assert.ok(Math.abs(norm - Math.hypot(...before)) <= 1e-12 * norm);
      if (norm <= limit) assert.equal(after, before);
      else
        for (const [i, x] of before.entries())
          assert.ok(Math.abs((after[i] as number) - (x * limit) / norm) <= 1e-12 * limit);
      assert.ok(Math.hypot(...after) <= limit * (1 + 1e-12));
    }),
    fuzz(200),
  ));

test("no gradient at all stays none", () => {
  assert.equal(clipped(new Array(10).fill(0), 1).after, new Array(10).fill(0));
});

test.run();
