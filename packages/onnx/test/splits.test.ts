// Lean splits are splits: on every sample, and on random decompositions.
import { evaluate, type Graph, input, node, nodesOf, orThrow, type Tensor, type Tensors } from "@depass/graph";
import { cases, close, decompositions } from "@depass/graph/testing";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { leanSplits } from "../src/lower/splits.ts";
import { fuzz } from "./seed.ts";

const test = suite("splits");

const splitsIn = (graph: Graph): number => nodesOf(graph).filter((n) => n.op === "split").length;

const sameLean = (graph: Graph, tensors: Tensors): Graph => {
  const lean = orThrow(leanSplits(graph));
  const [actual, expected] = [orThrow(evaluate(lean, tensors)), orThrow(evaluate(graph, tensors))];
  for (const [name, values] of Object.entries(expected))
    close(actual[name] as Tensor, values, { rtol: 1e-9, of: "largest" });
  return lean;
};

for (const { name, graph, tensors } of cases.filter(({ node: n }) => n.op === "split" && n.params.shares === "softmax"))
  test(name, () => {
    assert.is(splitsIn(sameLean(graph, tensors)), 0);
  });

test("random decompositions", () =>
  fc.assert(
    fc.property(decompositions, ({ graph, model: { tensors } }) => {
      assert.is(splitsIn(sameLean(graph, tensors)), 0);
    }),
    fuzz(40),
  ));

test("a remainder that is not last, or may be alone, is left as it is", () => {
  const split = (parts: string | number, remainder: number): Graph => ({
    x: node(
      "split",
      { shares: "softmax", temperature: 1, special: "keep", remainder },
      input("g", [parts, "T", 2]),
      input("n", ["T", 2]),
    ),
  });
  for (const graph of [split(3, 1), split("M", 0), split(1, 0)]) assert.is(splitsIn(orThrow(leanSplits(graph))), 1);
  assert.is(splitsIn(orThrow(leanSplits(split(3, 2)))), 0);
});

test.run();
