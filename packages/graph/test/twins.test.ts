// Every op carries parts of each of its inputs so that they sum to the whole, or says why it does not.
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decompose } from "../src/decompose.ts";
import { showFaults } from "../src/error.ts";
import { evaluate } from "../src/evaluate.ts";
import { at, type Expr, withInputs } from "../src/expr.ts";
import { linearIn } from "../src/linearity.ts";
import type { Seed } from "../src/parts.ts";
import { softmaxRule } from "../src/rules.ts";
import * as s from "../src/syntax.ts";
import type { Tensor } from "../src/tensor.ts";
import { cases, close } from "../src/testing/index.ts";
import { right } from "./either.ts";
import { total } from "./tensors.ts";

const test = suite("twins");

/** Two thirds and minus one half of the whole; the remainder has the rest. */
const seed: Seed = {
  name: "two parts",
  site: "seed",
  named: 2,
  tokenLevel: false,
  parts: (whole) => s.concat(-4, shared(2 / 3, whole), shared(-0.5, whole)),
};
const shared = (share: number, whole: Expr): Expr => s.mul(s.constant([share], [1, 1, 1, 1]), whole);

/** The input as a seed of three axes, read as the node wants it. */
const seeded = (x: Expr): Expr => {
  if (x.op !== "input") return x;
  const { shape } = x.params;
  const three = s.reshape(shape.length, [1, 1, 1].slice(shape.length).concat(shape as number[]))(x);
  return s.reshape(Math.max(3, shape.length), shape)(at("seed")(three));
};

const carries = new Set<string>();

for (const { name, op, node: x, tensors, sizes } of cases)
  x.inputs.forEach((input, i) => {
    const fits = input.op === "input" && input.params.dtype === "f32" && input.params.shape.length <= 3;
    if (!fits) return;
    test(`${name}, parts of input ${i}`, () => {
      const output = withInputs(x, x.inputs.with(i, seeded(input)));
      const result = decompose({ output }, { seed, rule: softmaxRule(0.1) });
      if (E.isLeft(result)) {
        assert.match(
          showFaults(result.left),
          /an output that depends on it|^\w+: expected an op that carries parts, got .+; change|^split: expected parts \[M, T, I\]/,
        );
        return;
      }
      carries.add(`${op} ${i}`);
      const values = right(evaluate(result.right.graph, tensors, sizes));
      close(total(values["output.parts"] as Tensor), values.output as Tensor, {
        rtol: 1e-9,
        atol: 1e-12,
        of: "largest",
      });
    });
  });

test("every op that is linear in an input carries its parts, but for those without room for an axis of parts", () => {
  const rigid = ["linear 1", "attend 0", "rope 1", "rope 2", "freeze 0", "toExperts 1", "fromExperts 1"];
  const inside = (op: string): boolean => /Part|split|Rows|partsAt|tokenParts/.test(op);
  for (const { op, node: x } of cases)
    for (const i of linearIn(x).flat())
      if (!inside(op) && !rigid.includes(`${op} ${i}`) && i < 3) assert.ok(carries.has(`${op} ${i}`), `${op} ${i}`);
});

test.run();
