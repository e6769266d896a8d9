import * as E from "fp-ts/lib/Either.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readWeights, type Weights, weightsOf } from "../../src/backend.ts";
import { fault } from "../../src/error.ts";
import { evaluate } from "../../src/evaluate.ts";
import type { Expr, Graph } from "../../src/expr.ts";
import { f32, type Tensor, type Tensors, tensor } from "../../src/index.ts";
import { linear } from "../../src/nn.ts";
import { type ArrangeOptions, arrange } from "../../src/passes/arrange.ts";
import { show } from "../../src/show.ts";
import * as s from "../../src/syntax.ts";
import { close, noise } from "../../src/testing/index.ts";
import { nodesOf } from "../../src/traverse.ts";
import { left, right } from "../either.ts";

const test = suite("arrange");

const some = (seed: number, ...shape: number[]): Tensor =>
  f32(
    shape,
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => noise(i, seed)),
  );

const tensors: Tensors = {
  a: some(1, 4, 6),
  b: some(2, 4, 6),
  c: some(3, 2, 3, 4),
  bias: some(4, 6),
  x: some(5, 5, 4),
};
const [a, b, c] = [s.weight("a", [4, 6]), s.weight("b", [4, 6]), s.weight("c", [2, 3, 4])];
const bias = s.weight("bias", [6]);
const x = s.input("x", ["T", 4]);

const third = (n: number): Expr => s.transpose([-1, -2])(s.slice(-1, 2 * n, 2)(a));
const moving: Graph = {
  thirds: s.add(linear(third(0))(x), linear({ weight: third(2), bias: s.slice(-1, 4, 2)(bias) })(x)),
  heads: s.matmul(x, s.reshape(3, [4, 6])(s.transpose([-1, -3, -2])(c))),
  both: linear(s.transpose([-1, -2])(s.concat(-1, a, b, a)))(x),
  stack: s.sum(-3)(s.concat(-3, ...[a, b].map(s.reshape(2, [1, 4, 6])))),
  rows: s.matmul(x, s.concat(-2, s.slice(-2, 1, 2)(a), s.slice(-2, 0, 2)(b))),
  alone: s.slice(-1, 1, 3)(c),
};

const movementsIn = (graph: Graph): number =>
  nodesOf(graph).filter((n) => n.op !== "weight" && n.inputs.length > 0 && n.inputs.every((i) => i.op === "weight"))
    .length;

const run = async (graph: Graph, weights: Weights): Promise<Tensors> =>
  right(evaluate(graph, { x: tensors.x as Tensor, ...right(await readWeights(graph, weights)()) }));

const keepsOutputs = async (options?: ArrangeOptions): Promise<Graph> => {
  const arranged = right(arrange(moving, weightsOf(tensors), options));
  const [got, wanted] = [await run(arranged.graph, arranged.weights), await run(moving, weightsOf(tensors))];
  for (const name of Object.keys(moving)) close(got[name] as Tensor, wanted[name] as Tensor, { rtol: 0, atol: 0 });
  return arranged.graph;
};

test("outputs keep their values, and no weight is moved in a run", async () => {
  const graph = await keepsOutputs();
  assert.is(movementsIn(graph), movementsIn({ stack: graph.stack as Expr }));
  assert.is((graph.stack as Expr).inputs[0]?.op, "weight");
  assert.is((graph.alone as Expr).op, "weight");
});

test("what is joined can be left where it is", async () => {
  const graph = await keepsOutputs({ joins: false });
  assert.is((graph.stack as Expr).inputs[0]?.op, "concat");
  assert.is(nodesOf({ stack: graph.stack as Expr }).filter((n) => n.op === "weight").length, 2);
});

test("the graph before and after", () => {
  const y = linear(third(1))(x);
  const { graph } = right(arrange({ y }, weightsOf(tensors)));
  assert.is(show(graph), show({ y: linear(s.weight("a, arranged (1)", [2, 4]))(x) }));
  assert.is(show(right(arrange(graph, right(arrange({ y }, weightsOf(tensors))).weights)).graph), show(graph));
});

test("numbers are moved in the type they are stored in", async () => {
  const bits = tensor("bf16", [2, 3], Uint16Array.of(1, 2, 3, 4, 5, 6));
  const turned = s.transpose([-1, -2])(s.weight("w", [2, 3]));
  const { graph, weights } = right(arrange({ y: turned }, weightsOf({ w: bits })));
  const { name } = (graph.y as Extract<Expr, { op: "weight" }>).params;
  assert.equal(weights.describe(name), { dtype: "bf16", shape: [3, 2] });
  assert.equal(right(await weights.read(name)()), tensor("bf16", [3, 2], Uint16Array.of(1, 4, 2, 5, 3, 6)));
});

test("blocks are handed on where a weight stays as it is, and unpacked where it is laid out anew", () => {
  const inBlocks: Weights = {
    ...weightsOf(tensors),
    blocks: (name) => ({ format: "q8_0", read: TE.left([fault("file", name, "not read", "read")]) }),
  };
  const { weights } = right(arrange({ y: third(0), b: linear(b)(s.slice(-1, 0, 6)(s.concat(-1, x, x))) }, inBlocks));
  assert.is(weights.blocks?.("b")?.format, "q8_0");
  assert.is(weights.blocks?.("a, arranged (1)"), undefined);
  assert.is(weights.describe("a, arranged (1)")?.dtype, "f32");
  assert.is(right(arrange({ y: third(0) }, weightsOf(tensors))).weights.blocks?.("a"), undefined);
});

test("types that differ and sizes of a run stay in the graph", () => {
  const w = tensor("bf16", [4, 6], new Uint16Array(24));
  const graph = { mixed: s.concat(-1, a, b), some: s.slice(-2, 0, "T")(a), x };
  const arranged = right(arrange(graph, weightsOf({ ...tensors, b: w })));
  assert.is(show(arranged.graph), show(graph));
});

test("a weight that is not what was described is a fault of its own name", async () => {
  const wrong: Weights = { ...weightsOf(tensors), read: () => TE.right(some(9, 6, 4)) };
  const { graph, weights } = right(arrange({ y: third(0) }, wrong));
  const { name } = (graph.y as Extract<Expr, { op: "weight" }>).params;
  assert.match(left(await weights.read(name)()), "weight a: expected [4, 6] in f32, as described, got [6, 4] in f32");
  assert.ok(E.isLeft(await arrangedMissing()));
});

const arrangedMissing = () => {
  const missing = { ...weightsOf(tensors), read: weightsOf({}).read };
  return right(arrange({ y: third(0) }, missing)).weights.read("a, arranged (1)")();
};

test.run();
