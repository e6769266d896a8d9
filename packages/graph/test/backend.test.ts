import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Backend, checkWeights, readWeights, reference, run, type Weights, weightsOf } from "../src/backend.ts";
import { decompose } from "../src/decompose.ts";
import { type FaultError, fault } from "../src/error.ts";
import { evaluate } from "../src/evaluate.ts";
import { softmaxRule } from "../src/rules.ts";
import { tokenSeed } from "../src/seeds.ts";
import * as s from "../src/syntax.ts";
import { f32, type Tensor } from "../src/tensor.ts";
import { close, graphs, models, residencyLaws } from "../src/testing/index.ts";
import { right } from "./either.ts";
import { fuzz } from "./seed.ts";

const test = suite("backend");

const x = s.input("x", ["T"]);
const y = s.mul(x, s.weight("w", [1]));
const given = { x: f32([2], [1, 2]), w: f32([1], [3]), unused: f32([1], [0]) };

test("the reference is the evaluator", async () => {
  await fc.assert(
    fc.asyncProperty(graphs(), async ({ graph, tensors }) => {
      const expected = right(evaluate(graph, tensors));
      for (const [name, t] of Object.entries(await run(reference, graph, tensors))) close(t, expected[name] as Tensor);
    }),
    fuzz(20),
  );
});

test("run takes an expression, a graph, what decompose returns, and outputs with odd names", async () => {
  close((await run(reference, y, given)).output as Tensor, f32([2], [3, 6]));
  close((await run(reference, { y }, given)).y as Tensor, f32([2], [3, 6]));
  close((await run(reference, { graph: y }, given)).graph as Tensor, f32([2], [3, 6]));
  close((await run(reference, { graph: { op: y } }, given)).op as Tensor, f32([2], [3, 6]));
  const [model] = fc.sample(models, 1);
  const parts = right(decompose(model?.logits ?? y, { seed: tokenSeed("state.0"), rule: softmaxRule() }));
  assert.equal(Object.keys(await run(reference, parts, model?.tensors ?? {})), ["output", "output.parts"]);
});

test("run rejects with every fault in one message", async () => {
  const faulty = { a: s.sum(-2)(x), b: s.sum(-3)(x) };
  try {
    await run(reference, faulty, given);
  } catch (e) {
    assert.is((e as FaultError).name, "FaultError");
    assert.is((e as Error).message.split("\n").length, 2);
    assert.is((e as FaultError).faults.length, 2);
    return;
  }
  assert.unreachable();
});

test("run disposes of what it prepared, also when the run fails", async () => {
  let disposed = 0;
  const counting = (result: E.Either<readonly ReturnType<typeof fault>[], never>): Backend => ({
    ...reference,
    prepare: () => TE.right({ ...runner, run: () => TE.fromEither(result) }),
  });
  const runner = { run: () => TE.right({}), runResident: () => TE.right({}), dispose: () => disposed++ };
  await run(counting(E.left([fault("a", "b", "c", "d")])), y, given).then(
    () => assert.unreachable(),
    () => undefined,
  );
  assert.is(disposed, 1);
  await run({ ...counting(E.left([])), prepare: () => TE.right(runner) }, y, given);
  assert.is(disposed, 2);
});

test("weights are what was prepared, whatever a run brings", async () => {
  const runner = right(await reference.prepare({ y }, weightsOf(given))());
  const out = right(await runner.run({ x: given.x, w: f32([1], [100]) })());
  close(out.y as Tensor, f32([2], [3, 6]));
});

test("missing and misshapen weights are told together", async () => {
  const graph = { y, z: s.weight("v", [2]), u: s.weight("u", ["N"]) };
  const found = checkWeights(graph, weightsOf({ w: f32([2], [1, 1]), u: f32([1], [1]) }));
  assert.equal(
    found.map((f) => `${f.where}: ${f.expected}, ${f.got}`),
    ["weight w: [1], [2]", "weight v: a tensor [2], none", "weight u: [N], [1]"],
  );
  assert.ok(E.isLeft(await weightsOf({}).read("toString")()));
});

test("each weight is read once, in order", async () => {
  const names: string[] = [];
  const weights: Weights = {
    ...weightsOf(given),
    read: (name) => {
      names.push(name);
      return weightsOf(given).read(name);
    },
  };
  right(await readWeights({ a: y, b: s.weight("w", [1]), c: s.weight("unused", [1]) }, weights)());
  assert.equal(names, ["w", "unused"]);
});

for (const { name, holds } of residencyLaws) test(name, () => holds(reference));

test.run();
