// Where only some tokens are asked for, the others are computed no further than they must, and what is asked for is the same.
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decompose } from "../../src/decompose.ts";
import type { Expr, Graph } from "../../src/expr.ts";
import { flops } from "../../src/flops.ts";
import * as nn from "../../src/nn.ts";
import { partsName } from "../../src/parts.ts";
import { narrow } from "../../src/passes/narrow.ts";
import { pack } from "../../src/passes/pack.ts";
import { share } from "../../src/passes/share.ts";
import { simplify } from "../../src/passes/simplify.ts";
import { softmaxRule } from "../../src/rules.ts";
import { tokenSeed } from "../../src/seeds.ts";
import * as s from "../../src/syntax.ts";
import { f32, i32 } from "../../src/tensor.ts";
import { configs, decompositions, graphs, modelOf } from "../../src/testing/index.ts";
import { mapOutputs, nodesOf } from "../../src/traverse.ts";
import { right } from "../either.ts";
import { isIdempotent, sameOutputs } from "../same.ts";
import { fuzz } from "../seed.ts";

const test = suite("narrow");

const narrowed = (graph: Graph): Graph => right(narrow(graph));

test("graphs that ask for no places stay as they are", () => {
  fc.assert(
    fc.property(graphs(), ({ graph, tensors, sizes }) => {
      sameOutputs(narrowed(graph), graph, tensors, sizes);
      isIdempotent(narrowed, graph);
    }),
    fuzz(40),
  );
});

const places = fc.array(fc.nat(1), { minLength: 1, maxLength: 3 });

test("decomposed models tell the same of the tokens that are asked for, token 0 among them, packed or not", () => {
  fc.assert(
    fc.property(decompositions, places, ({ graph, model: { tensors, sizes } }, asked) => {
      const index = asked.map((n) => n % (sizes.T as number));
      const states = Object.entries(graph).filter(([name]) => /^(logits|state|mlp|attention)/.test(name));
      const at = s.gather(-2, s.input("position", ["P"], "i32"));
      const wanted = right(simplify(share(mapOutputs(Object.fromEntries(states), at))));
      const given = { ...tensors, position: i32([index.length], index) };
      sameOutputs(narrowed(wanted), wanted, given);
      sameOutputs(right(pack(narrowed(wanted))), wanted, given);
    }),
    fuzz(60),
  );
});

const T = 40;

test("the last layer has no MLP but of what is asked for, whole or in parts", () => {
  fc.assert(
    fc.property(
      configs.filter((c) => c.experts === 0 && c.layers > 0),
      (config) => {
        const model = modelOf({ ...config, tokens: T });
        const at = s.gather(-2, s.input("position", [1], "i32"));
        const { graph } = right(
          decompose(model.graph, { seed: tokenSeed(model.states[0] as string), rule: softmaxRule() }),
        );
        const wanted = right(simplify(share({ logits: at(graph[partsName("logits")] as Expr) })));
        const cost = (some: Graph): number => right(flops(right(pack(some)), { T }));
        const rows = (T * (T + 1)) / 2;
        const saved = cost(wanted) - cost(narrowed(wanted));
        // Up and down, or gate and down, of every row but the last token's.
        assert.ok(saved > 2 * 2 * (rows - T) * config.width * config.neurons, `${saved}`);
      },
    ),
    fuzz(20),
  );
});

test("attention looks at the others: places are asked for behind it", () => {
  const x = s.input("x", ["T", 4]);
  const heads = s.reshape(2, ["T", 2, 2])(x);
  const mixed = nn.attend(nn.attentionWeights(1)(heads, heads), heads);
  const y = nn.linear(s.weight("w", [4, 4]))(s.exp(s.reshape(3, ["T", 4])(mixed)));
  const graph = { y: s.gather(-2, s.input("position", ["P"], "i32"))(y) };
  const ops = nodesOf(narrowed(graph)).map((n) => n.op);
  assert.ok(ops.indexOf("gather") > ops.indexOf("attend"));
  assert.ok(ops.indexOf("gather") < ops.indexOf("exp"));
  assert.ok(ops.indexOf("gather") < ops.indexOf("linear"));
});

test("what others read whole is computed whole, once", () => {
  const x = s.exp(s.input("x", ["T", 4]));
  const at = s.gather(-2, s.input("position", ["P"], "i32"));
  const graph = { some: at(s.neg(x)), sum: s.sum(-2)(x) };
  const ops = nodesOf(narrowed(graph)).map((n) => n.op);
  assert.is(ops.filter((op) => op === "exp").length, 1);
  assert.ok(ops.indexOf("gather") < ops.indexOf("neg"));
});

test("values side by side are wanted at the same places, behind each other they are not", () => {
  const x = s.input("x", ["T", 4]);
  const at = s.gather(-2, s.input("position", ["P"], "i32"));
  const beside: Graph = { y: at(s.concat(-1, s.exp(x), s.neg(x))) };
  const behind: Graph = { y: at(s.concat(-2, s.exp(x), s.neg(x))) };
  const isLate = (graph: Graph): boolean => {
    const ops = nodesOf(narrowed(graph)).map((n) => n.op);
    return ops.indexOf("gather") > ops.indexOf("exp");
  };
  assert.equal([isLate(beside), isLate(behind)], [false, true]);
  const given = {
    x: f32(
      [3, 4],
      Array.from({ length: 12 }, (_, i) => i / 3 - 2),
    ),
    position: i32([2], [2, 0]),
  };
  for (const graph of [beside, behind]) sameOutputs(narrowed(graph), graph, given);
});

test("two questions about one value keep it whole", () => {
  const x = s.neg(s.input("x", ["T", 4]));
  const at = (name: string): Expr => s.gather(-2, s.input(name, ["P"], "i32"))(x);
  const ops = nodesOf(narrowed({ a: at("a"), b: at("b") })).map((n) => n.op);
  assert.is(ops.filter((op) => op === "neg").length, 1);
  assert.ok(ops.indexOf("neg") < ops.indexOf("gather"));
});

test.run();
