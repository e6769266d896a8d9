import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { minus } from "../../src/dim.ts";
import { at, type Expr, type Graph, node } from "../../src/expr.ts";
import { isAll } from "../../src/literal.ts";
import { pack } from "../../src/passes/pack.ts";
import { simplify } from "../../src/passes/simplify.ts";
import * as s from "../../src/syntax.ts";
import { decompositions, graphs } from "../../src/testing/index.ts";
import { nodesOf } from "../../src/traverse.ts";
import { left, right } from "../either.ts";
import { isIdempotent, sameOutputs } from "../same.ts";
import { fuzz } from "../seed.ts";

const test = suite("simplify");

const simple = (graph: Graph): Graph => right(simplify(graph));

test("random graphs keep their outputs, and the second time every node", () => {
  fc.assert(
    fc.property(graphs(40), ({ graph, tensors }) => {
      sameOutputs(simple(graph), graph, tensors);
      isIdempotent(simple, graph);
    }),
    fuzz(100),
  );
});

/** A summand that decompose() wrote as zeros plus something. */
const isLeftover = (n: Expr): boolean =>
  (n.op === "addToPart" || n.op === "addToRows") &&
  ((n.inputs[1]?.op === "add" && n.inputs[1].inputs.some((x) => isAll(0, x))) || isAll(0, n.inputs[1] as Expr));

test("decompositions too, dense and packed, and no sum with zeros is left in them", () => {
  fc.assert(
    fc.property(decompositions, ({ graph, model: { tensors } }) => {
      for (const dense of [graph, right(pack(graph))]) {
        const bare = simple(dense);
        sameOutputs(bare, graph, tensors);
        isIdempotent(simple, dense);
        assert.not(nodesOf(bare).some(isLeftover));
      }
    }),
    fuzz(20),
  );
});

const x = s.input("x", ["T", 3]);
const row = s.input("row", [3]);
const zeros = s.broadcast(["T", 3])(s.scalar(0));
const parts = s.input("parts", [2, "T", 3]);
const added = (c: Expr): Expr => node("addToPart", { part: 1, rank: 2 }, parts, c);

const becomes: Readonly<Record<string, readonly [Expr, Expr]>> = {
  "x + 0": [s.add(x, 0), x],
  "0 + x": [s.add(zeros, x), x],
  "x - 0": [s.sub(x, zeros), x],
  "x · 1": [s.mul(1, x), x],
  "x / 1": [s.div(x, 1), x],
  "reshape there and back": [s.reshape(1, [3])(s.reshape(2, [3])(s.reshape(1, [3, 1])(x))), x],
  "broadcast to where it is": [s.broadcast([3])(x), x],
  "slice of everything": [s.slice(-1, 0, 3)(x), x],
  "concat of one": [s.concat(-1, x), x],
  "transpose to where it is": [s.transpose([-2, -1])(x), x],
  "zeros to a part": [added(zeros), parts],
  "zeros and a bias to a part": [added(s.add(zeros, row)), added(row)],
};

for (const [what, [from, to]] of Object.entries(becomes))
  test(`${what} is nothing`, () => assert.equal(simple({ y: from }).y, to));

const stays: Readonly<Record<string, Expr>> = {
  "zeros that make a row larger": s.add(zeros, row),
  "0 - x": s.sub(0, x),
  "1 / x": s.div(1, x),
  "freeze, which decompose() needs": s.freeze(x),
  "two names on one value": at("sum")(s.add(at("x")(x), 0)),
  "slices of symbolic places": s.slice(-2, minus("T", 2), 2)(x),
};

for (const [what, expr] of Object.entries(stays)) test(`${what} stays`, () => assert.is(simple({ y: expr }).y, expr));

test("a name goes to what is left", () => {
  const graph = simple({ y: at("here")(s.add(x, 0)) });
  assert.is(graph.y?.op, "input");
  assert.is(graph.y?.site, "here");
});

test("a misshapen graph is a fault", () => assert.match(left(simplify({ y: s.sum(-3)(x) })), "sum: expected"));

test.run();
