import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Expr } from "../src/expr.ts";
import { isAll } from "../src/literal.ts";
import { broadcast, constant, input, scalar } from "../src/syntax.ts";

const test = suite("literal");

test("constants and what is spread from them", () => {
  assert.ok(isAll(0, scalar(0)));
  assert.ok(isAll(0, broadcast([3, "T"])(constant([0, 0]))));
  assert.not(isAll(0, constant([0, 1])));
  assert.not(isAll(0, input("x", [])));
});

test("however often it is spread", () => {
  let x: Expr = scalar(1);
  for (let i = 0; i < 20_000; i++) x = broadcast(["T"])(x);
  assert.ok(isAll(1, x));
});

test.run();
