import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { at, type Expr } from "../src/expr.ts";
import { add, input, neg } from "../src/syntax.ts";
import { graphs } from "../src/testing/index.ts";
import { findSite, fold, nodesOf, rewrite, sitesOf, topological, uses } from "../src/traverse.ts";
import { fuzz } from "./seed.ts";

const test = suite("traverse");

test("every node once, inputs before users", () => {
  fc.assert(
    fc.property(graphs(), ({ graph }) => {
      const order = nodesOf(graph);
      const place = new Map(order.map((n, i) => [n, i]));
      assert.is(place.size, order.length);
      for (const n of order) for (const i of n.inputs) assert.ok((place.get(i) ?? Number.NaN) < (place.get(n) ?? 0));
    }),
    fuzz(50),
  );
});

test("rewriting nothing gives the very same nodes", () => {
  fc.assert(
    fc.property(graphs(), ({ graph }) => {
      const same = rewrite(graph, (x) => x);
      for (const [name, x] of Object.entries(graph)) assert.is(same[name], x);
    }),
    fuzz(50),
  );
});

const x = input("x", ["T"]);
const shared = at("shared")(neg(x));
const graph = { sum: add(shared, shared), again: shared };

test("a shared node is folded once and counted at every use", () => {
  let visits = 0;
  const depth = fold<number>(graph, (_, inputs) => {
    visits++;
    return 1 + Math.max(0, ...inputs);
  });
  assert.is(visits, 3);
  assert.is(depth.get(graph.sum), 3);
  assert.is(uses(graph).get(shared), 3);
  assert.is(uses(graph).get(x), 1);
});

test("sites", () => {
  assert.equal(sitesOf(graph), ["shared"]);
  assert.is(findSite(graph, "shared"), shared);
  assert.is(findSite(graph, "elsewhere"), undefined);
});

test("a doubling chain has a linear number of nodes", () => {
  let y: Expr = x;
  for (let i = 0; i < 60; i++) y = add(y, y);
  assert.is(topological([y]).length, 61);
});

test.run();
