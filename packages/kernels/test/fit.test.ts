import {
  concat,
  type Expr,
  evaluate,
  freeze,
  input,
  linear,
  nodesOf,
  orThrow,
  reshape,
  slice,
  type Tensor,
  weight,
} from "@depass/graph";
import { close, graphs, tensorsFor } from "@depass/graph/testing";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fitGraph, mostOperands } from "../src/fit.ts";
import { fuzz } from "./seed.ts";

const test = suite("fit");

const x = input("x", ["T", 400]);
const pieces = (n: number): readonly Expr[] => Array.from({ length: n }, (_, i) => slice(-1, i, 1)(x));

test("a concat of any width binds few buffers and gives the same", () => {
  for (const n of [1, 7, 8, 49, 50, 344]) {
    const graph = { y: concat(-1, ...pieces(n)) };
    const fitted = fitGraph(graph);
    assert.ok(nodesOf(fitted).every((m) => m.op !== "concat" || m.inputs.length <= mostOperands));
    const tensors = tensorsFor(graph, { T: 2 });
    close(orThrow(evaluate(fitted, tensors)).y as Tensor, orThrow(evaluate(graph, tensors)).y as Tensor);
  }
});

test("products read floats", () => {
  const ids = reshape(1, ["T", 1])(freeze(input("ids", ["T"], "i32")));
  const { y } = fitGraph({ y: linear(weight("w", [3, 1]))(ids) });
  assert.equal(
    y?.inputs.map((i) => i.op),
    ["mul", "weight"],
  );
});

test("random graphs compute the same, and fitting them twice changes nothing", () => {
  fc.assert(
    fc.property(graphs(), ({ graph, tensors }) => {
      const fitted = fitGraph(graph);
      const [got, wanted] = [orThrow(evaluate(fitted, tensors)), orThrow(evaluate(graph, tensors))];
      for (const [name, t] of Object.entries(wanted)) close(got[name] as Tensor, t);
      assert.is(nodesOf(fitGraph(fitted)).length, nodesOf(fitted).length);
    }),
    fuzz(30),
  );
});

test.run();
