import { suite } from "uvu";
import * as assert from "uvu/assert";
import { at, isExpr, nameOf, toGraph, unnamed, withInputs } from "../src/expr.ts";
import { add, input, neg } from "../src/syntax.ts";

const test = suite("expr");
const x = input("x", ["T"]);

test("a name makes another node and can be taken off", () => {
  const named = at("here")(x);
  assert.is(nameOf(named), "input at here");
  assert.is(nameOf(x), "input");
  assert.equal(unnamed(named), x);
});

test("the same inputs are the same node", () => {
  const y = add(x, x);
  assert.is(withInputs(y, [x, x]), y);
  assert.is(withInputs(y, [x, neg(x)]).inputs[0], x);
});

test("an expression is a graph of one output, even beside outputs with odd names", () => {
  assert.equal(Object.keys(toGraph(x)), ["output"]);
  assert.ok(isExpr(x));
  assert.not(isExpr({ op: x, graph: x }));
});

test.run();
