import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decompose } from "../../src/decompose.ts";
import { at, type Expr, type Graph, node } from "../../src/expr.ts";
import * as nn from "../../src/nn.ts";
import { pack } from "../../src/passes/pack.ts";
import { simplify } from "../../src/passes/simplify.ts";
import { softmaxRule } from "../../src/rules.ts";
import { tokenSeed } from "../../src/seeds.ts";
import * as s from "../../src/syntax.ts";
import { decompositions, graphs, models, tensorsFor } from "../../src/testing/index.ts";
import { nodesOf } from "../../src/traverse.ts";
import { right } from "../either.ts";
import { isIdempotent, sameOutputs } from "../same.ts";
import { fuzz } from "../seed.ts";

const test = suite("pack");

const packed = (graph: Graph): Graph => right(pack(graph));
const opsOf = (graph: Graph): readonly string[] => nodesOf(graph).map((n) => n.op);

test("decompositions keep every output", () => {
  fc.assert(
    fc.property(decompositions, ({ graph, model: { tensors } }) => sameOutputs(packed(graph), graph, tensors)),
    fuzz(30),
  );
});

test("graphs without parts stay as they are", () => {
  fc.assert(
    fc.property(graphs(), ({ graph, tensors, sizes }) => {
      sameOutputs(packed(graph), graph, tensors, sizes);
      isIdempotent(packed, graph);
    }),
    fuzz(20),
  );
});

test("a token seed stays packed from the embedding to the scores of one position", () => {
  fc.assert(
    fc.property(models, ({ logits, tensors }) => {
      const { graph } = right(decompose(logits, { seed: tokenSeed("state.0"), rule: softmaxRule() }));
      const position = s.input("position", [1], "i32");
      const scores = right(simplify({ scores: s.gather(-2, position)(graph["output.parts"] as Expr) }));
      const ops = opsOf(packed(scores));
      for (const dense of ["tokenParts", "split", "addToPart", "unpackRows"]) assert.not(ops.includes(dense), dense);
      const ids = { ...tensors, position: { dtype: "i32" as const, shape: [1], data: Int32Array.of(0) } };
      sameOutputs(packed(scores), scores, ids);
    }),
    fuzz(20),
  );
});

/** Things one may do with parts that a row by row view would get wrong. */
const x = at("entry")(s.input("x", ["T", 4]));
const w = s.weight("w", [4, 4]);
const heads = (y: Expr): Expr => s.reshape(2, ["T", 2, 2])(y);
const awkward: Readonly<Record<string, Expr>> = {
  "a sum over tokens": s.sum(-2)(x),
  "the last token alone": s.slice(-2, 0, 1)(x),
  "tokens in another order": s.gather(-2, s.sub(s.size("T"), s.add(s.iota("T"), 1)))(x),
  "tokens turned into columns": s.transpose([-1, -2])(x),
  "a product over tokens": s.matmul(s.freeze(s.matmul(x, s.transpose([-1, -2])(x))), x),
  "a linear map over tokens": nn.linear(s.mul(s.weight("one", [3, 1]), s.add(1, s.iota("T"))))(
    s.reshape(2, ["T"])(s.sum(-1)(x)),
  ),
  "a factor per token": s.mul(s.freeze(s.sum(-1)(x)), x),
  "a factor per column": s.mul(x, s.weight("b", [4])),
  "a factor with an axis of its own": s.mul(s.input("many", [2, "T", 1]), x),
  "weights that look ahead": nn.attend(s.freeze(nn.softmax(s.input("a", [2, "T", "T"]))), heads(x)),
  "queries of the last token only": nn.attend(nn.attentionWeights(1)(s.slice(-3, 0, 1)(heads(x)), heads(x)), heads(x)),
  "a window": nn.attend(nn.attentionWeights(1, { window: 2, softcap: 3 })(heads(x), heads(x)), heads(x)),
  "a sum with something from outside": s.add(x, s.input("y", ["T", 4])),
  "a sum with a single row": s.add(s.sum(-1)(x), s.neg(x)),
  "rows and columns folded together": s.reshape(2, [4, "T"])(x),
  "columns side by side": s.concat(-1, x, nn.linear(w)(x)),
  "a turn between two maps": nn.linear(w)(s.reshape(3, ["T", 4])(s.transpose([-2, -1])(s.reshape(1, [2, 2])(x)))),
};

for (const [what, y] of Object.entries(awkward))
  test(`${what} stays right`, () => {
    for (const T of [1, 3]) {
      const graph = right(decompose({ y }, { seed: tokenSeed("entry"), rule: softmaxRule() })).graph;
      sameOutputs(packed(graph), graph, tensorsFor(graph, { T }), { T });
    }
  });

test("parts that no seed of tokens made are left alone", () => {
  const graph = { y: node("addToPart", { part: 1, rank: 2 }, s.input("p", [2, "T", 4]), x) };
  assert.equal(opsOf(packed(graph)), opsOf(graph));
});

test.run();
