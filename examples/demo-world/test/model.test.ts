// What is trained is a Llama: its sequences are what each is alone by the graph that prompts have. And the checkpoint that
// comes along answers what training never showed.
import { evaluate, i32, orThrow, type Tensor } from "@depass/graph";
import { close } from "@depass/graph/testing";
import { architectureOf } from "@depass/models";
import { cpu } from "@depass/onnx";
import { load } from "depass";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { accuracyOf } from "../accuracy.ts";
import { heldOutPrompts, splitOf } from "../held-out.ts";
import { beginningsOf, configJson, logitsOf } from "../model.ts";
import { vocabularyOf } from "../vocabulary.ts";
import { worldOf } from "../world.ts";

const test = suite("model");

const vocabulary = 30;

test("a single sequence is what a prompt is", () => {
  const graph = { logits: logitsOf(vocabulary, 1) };
  const weights = beginningsOf(graph, 3);
  const { normed, unembed } = orThrow(architectureOf(configJson(vocabulary), "config.json"));
  const ids = [0, 7, 3, 29, 7];
  const own = orThrow(evaluate(graph, { ...weights, tokens: i32([ids.length, 1], ids) })).logits as Tensor;
  const family = orThrow(evaluate({ logits: unembed(normed) }, { ...weights, tokens: i32([ids.length], ids) }));
  close(own, family.logits as Tensor, { rtol: 1e-9, of: "largest" });
});

test("sequences side by side are what each is alone", () => {
  const weights = beginningsOf({ logits: logitsOf(vocabulary, 1) }, 4);
  const rows = [
    [0, 4, 9],
    [0, 21, 2],
  ];
  const both = i32(
    [3, 2],
    [0, 1, 2].flatMap((t) => rows.map((row) => row[t] as number)),
  );
  const together = orThrow(evaluate({ logits: logitsOf(vocabulary, 2) }, { ...weights, tokens: both }))
    .logits as Tensor;
  rows.forEach((row, s) => {
    const alone = orThrow(evaluate({ logits: logitsOf(vocabulary, 1) }, { ...weights, tokens: i32([3, 1], row) }));
    const mine = [0, 1, 2].flatMap((t) => [
      ...together.data.slice((2 * t + s) * vocabulary, (2 * t + s + 1) * vocabulary),
    ]);
    close({ dtype: "f64", shape: [3, vocabulary], data: Float64Array.from(mine) }, alone.logits as Tensor, {
      rtol: 1e-9,
    });
  });
});

test("the checkpoint that comes along answers what training never showed", async () => {
  const model = await load();
  const world = worldOf(1);
  const words = vocabularyOf(world);
  assert.is(model.architecture.vocabulary, words.words.length, "another vocabulary than the world's");
  const names = [...model.checkpoint.tensors.keys()];
  const weights = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, orThrow(await model.weights.read(name)())] as const)),
  );
  await model.close();
  const backend = orThrow(await cpu()());
  const found = await accuracyOf(backend, weights, words, heldOutPrompts(world, splitOf(world), 11, 200));
  await backend.close();
  // Two hundred prompts of a kind; the README has a thousand.
  assert.ok(found.fact >= 0.95, `facts: ${found.fact}`);
  assert.ok(found.ioi >= 0.97, `indirect objects: ${found.ioi}`);
  assert.ok(found.copy >= 0.95, `copies: ${found.copy}`);
});

test.run();
