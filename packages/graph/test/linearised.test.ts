// The adjoint of the frozen pass against the pass itself: on random models, the score of every part of every seed.
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decompose } from "../src/decompose.ts";
import { evaluate } from "../src/evaluate.ts";
import type { Graph } from "../src/expr.ts";
import { linearised } from "../src/linearised.ts";
import { partsName } from "../src/parts.ts";
import { softmaxRule, taylorRule } from "../src/rules.ts";
import { tokenSeed } from "../src/seeds.ts";
import { type Tensor, toF64 } from "../src/tensor.ts";
import { close, models, withEverySite } from "../src/testing/index.ts";
import { gradientName, vjp } from "../src/vjp.ts";
import { left, right } from "./either.ts";
import { fuzz } from "./seed.ts";

const test = suite("linearised");

const rule = taylorRule();

test("its values are the model's", () =>
  fc.assert(
    fc.property(models, ({ graph, tensors }) => {
      const all = withEverySite(graph);
      const [linear, plain] = [right(evaluate(right(linearised(all, rule)), tensors)), right(evaluate(all, tensors))];
      for (const name of Object.keys(plain))
        close(linear[name] as Tensor, plain[name] as Tensor, { rtol: 1e-10, atol: 1e-12, of: "largest" });
    }),
    fuzz(25),
  ));

/** Scores of a random mix of all logits. */
const dot = (a: Tensor, b: Tensor): number => toF64(a).reduce((sum, v, i) => sum + v * (toF64(b)[i] as number), 0);

test("one pass backwards scores the tokens of every state as the decomposed passes do", () =>
  fc.assert(
    fc.property(models, ({ graph, tensors, states, sizes }) => {
      const { logits } = right(evaluate(graph, tensors));
      const mix: Tensor = {
        ...(logits as Tensor),
        dtype: "f64",
        data: toF64(logits as Tensor).map((_, i) => Math.sin(i + 1)),
      };
      const linear = right(linearised(withEverySite(graph), rule));
      const backward = right(vjp(linear, { of: ["logits"], wrt: states, keep: states, frozen: true }));
      const values = right(evaluate(backward, { ...tensors, "cotangent.logits": mix }));
      for (const state of states) {
        const parts = right(decompose(graph, { seed: tokenSeed(state), rule })).graph;
        const scores = right(evaluate(parts, tensors))[partsName("logits")] as Tensor;
        const [gradient, value] = [toF64(values[gradientName(state)] as Tensor), toF64(values[state] as Tensor)];
        const T = sizes.T ?? 0;
        const width = value.length / T;
        for (let t = 0; t < T; t++) {
          const own = Array.from({ length: width }, (_, d) => t * width + d);
          const adjoint = own.reduce((sum, i) => sum + (gradient[i] as number) * (value[i] as number), 0);
          const size = (logits as Tensor).data.length;
          const part: Tensor = { ...mix, data: toF64(scores).subarray(t * size, (t + 1) * size) };
          assert.ok(Math.abs(adjoint - dot(mix, part)) < 1e-8 * (1 + Math.abs(adjoint)), `${state}, token ${t}`);
        }
      }
    }),
    fuzz(25),
  ));

test("a rule that is not linear has no adjoint", () => {
  const [model] = fc.sample(models, 1);
  assert.match(left(linearised((model as { graph: Graph }).graph, softmaxRule())), "rule softmax 0.1: expected a rule");
});

test.run();
