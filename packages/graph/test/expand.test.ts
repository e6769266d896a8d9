import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { expand, expandNode } from "../src/expand.ts";
import { at, type Graph } from "../src/expr.ts";
import { softmax } from "../src/nn.ts";
import { check } from "../src/shape.ts";
import * as s from "../src/syntax.ts";
import { isComposite } from "../src/table.ts";
import { cases, models } from "../src/testing/index.ts";
import { findSite, nodesOf, sitesOf } from "../src/traverse.ts";
import { right } from "./either.ts";
import { isIdempotent, sameOutputs } from "./same.ts";
import { fuzz } from "./seed.ts";

const test = suite("expand");

const all = (graph: Graph): Graph => right(expand(graph));

for (const { name, graph, node: x, tensors, sizes } of cases)
  if (isComposite(x))
    test(`${name} has the shape of its expansion, which has primitives only`, () => {
      const shapes = right(check(graph));
      const once = {
        output: expandNode(
          x,
          x.inputs.map((i) => shapes.get(i) ?? []),
        ),
      };
      assert.equal(right(check(once)).get(once.output), shapes.get(x));
      assert.not(nodesOf(all(graph)).some(isComposite));
      sameOutputs(once, all(graph), tensors, sizes);
    });

test("models keep their outputs and every site", () => {
  fc.assert(
    fc.property(models, ({ graph, tensors }) => {
      const expanded = all(graph);
      sameOutputs(expanded, graph, tensors);
      assert.equal([...sitesOf(expanded)].sort(), [...sitesOf(graph)].sort());
      isIdempotent(all, graph);
    }),
    fuzz(10),
  );
});

test("only the chosen ones", () => {
  const x = s.input("x", ["T", 3]);
  const y = at("here")(softmax(softmax(x)));
  const [inner] = y.inputs;
  const graph = right(expand({ y }, (n) => n === inner));
  assert.is(findSite(graph, "here")?.op, "softmax");
  assert.is(nodesOf(graph).filter(isComposite).length, 1);
});

test("the outermost node of a meaning takes over the site", () => {
  const graph = all({ y: at("here")(softmax(s.input("x", ["T", 3]))) });
  assert.is(graph.y?.site, "here");
  assert.is(graph.y?.op, "div");
});

test.run();
