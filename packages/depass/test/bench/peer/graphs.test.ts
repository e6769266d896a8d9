import { i32, orThrow, reference, type Tensor } from "@depass/graph";
import { decodeLlamaConfig, llama } from "@depass/models";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Answer, answers, graphs, PARTS } from "../../../bench/peer/graphs.ts";
import { shapes } from "../../../bench/subject/shapes.ts";
import { randomWeights } from "../../../bench/subject/weights.ts";

const tokens = [1, 7, 3, 7, 2];
const T = tokens.length;
const config = orThrow(decodeLlamaConfig(shapes.tiny));

const partsOf = async (answer: Answer): Promise<Tensor> => {
  const graph = orThrow(graphs[answer](llama(config)));
  const runner = orThrow(await reference.prepare(graph, randomWeights(graph))());
  const inputs = { tokens: i32([T], tokens), ...(answer === "one" && { position: i32([1], [T - 1]) }) };
  return orThrow(await runner.run(inputs)())[PARTS] as Tensor;
};

test("the parts at all positions are, at the last one, those of the graph for it", async () => {
  const [one, all] = (await Promise.all(answers.map(partsOf))) as [Tensor, Tensor];
  const D = config.hidden;
  assert.equal(one.shape, [T + 1, 1, D]);
  assert.equal(all.shape, [T + 1, T, D]);
  for (let m = 0; m <= T; m++)
    for (let d = 0; d < D; d++) assert.is(all.data[(m * T + T - 1) * D + d], one.data[m * D + d]);
});

test.run();
