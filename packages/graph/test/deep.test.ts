// Graphs are thousands of nodes deep: no walk may use the call stack. Times are printed, not judged.
import { pipe } from "fp-ts/lib/function.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decompose } from "../src/decompose.ts";
import { evaluate } from "../src/evaluate.ts";
import { expand } from "../src/expand.ts";
import { at, type Expr, type Graph } from "../src/expr.ts";
import { rmsNorm } from "../src/nn.ts";
import { pack } from "../src/passes/pack.ts";
import { share } from "../src/passes/share.ts";
import { simplify } from "../src/passes/simplify.ts";
import { softmaxRule } from "../src/rules.ts";
import { tokenSeed } from "../src/seeds.ts";
import { check } from "../src/shape.ts";
import { show } from "../src/show.ts";
import { add, freeze, gather, input, mul, reshape, weight } from "../src/syntax.ts";
import { f32 } from "../src/tensor.ts";
import { close } from "../src/testing/index.ts";
import { nodesOf, rewrite } from "../src/traverse.ts";
import { vjp } from "../src/vjp.ts";
import { right } from "./either.ts";

const test = suite("deep");

const depth = 10_000;

const timed = <A>(what: string, f: () => A): A => {
  const start = performance.now();
  const result = f();
  console.log(`${what}: ${(performance.now() - start).toFixed(0)} ms`);
  return result;
};

const entry = at("entry")(input("x", ["T", 2]));

const chain = (length: number): Graph => {
  let x: Expr = entry;
  for (let i = 0; i < length / 4; i++) x = add(mul(x, 0.5), mul(add(x, 0), 0.5));
  return { x };
};

const x = f32([2, 2], [1, 2, 3, 4]);
const same = (graph: Graph): void => close(right(evaluate(graph, { x })).x as typeof x, x);

test(`every walk over a chain of ${depth} nodes`, () => {
  const graph = timed("build", () => chain(depth));
  assert.ok(timed("topological", () => nodesOf(graph)).length > depth);
  assert.is(right(timed("check", () => check(graph))).size, nodesOf(graph).length);
  assert.ok(timed("show", () => show(graph)).split("\n").length > depth);
  same(timed("rewrite", () => rewrite(graph, (n) => ({ ...n }))));
  same(timed("share", () => share(graph)));
  same(right(timed("simplify", () => simplify(graph))));
  timed("evaluate", () => same(graph));
});

test("expanding, decomposing and packing one", () => {
  let y: Expr = entry;
  for (let i = 0; i < 500; i++) y = rmsNorm(weight("gain", [2]), 1)(y);
  const tensors = { x, gain: f32([2], [1.1, 0.9]) };
  const graph = { y };
  const expanded = right(timed("expand", () => expand(graph)));
  close(right(evaluate(expanded, tensors)).y as typeof x, right(evaluate(graph, tensors)).y as typeof x);
  const parts = timed("decompose", () => decompose(chain(depth), { seed: tokenSeed("entry"), rule: softmaxRule() }));
  const packed = pipe(right(parts).graph, (g) => timed("pack", () => right(pack(g))));
  same({ x: packed.x as Expr });
});

test("gradients of one", () => {
  const graph = chain(depth);
  const pulled = right(timed("vjp", () => vjp(graph, { of: ["x"], wrt: ["x"] })));
  assert.ok(nodesOf(pulled).length <= 3 * nodesOf(graph).length);
  const got = right(evaluate(pulled, { x, "cotangent.x": f32([2, 2], [1, 2, 3, 4]) }, { T: 2 }));
  close(got["grad.x"] as typeof x, f32([2, 2], [1, 2, 3, 4]));
});

test("an index behind thousands of renamings", () => {
  let index: Expr = input("i", ["T"], "i32");
  for (let i = 0; i < depth; i++) index = i % 2 === 0 ? freeze(index) : reshape(1, ["T"])(index);
  const out = evaluate({ y: gather(-2, index)(weight("x", [2, 2])) }, { x, i: f32([1], [1]) });
  close(right(out).y as typeof x, f32([1, 2], [3, 4]));
});

test.run();
