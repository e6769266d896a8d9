// What do weights in blocks save on a device, and what do they cost?
//   pnpm bench quantised --model FILE.gguf [--tokens 5,16] [--runs 3] [--adapter NAME] [--json]
// The same file twice on one device: as its blocks, and unpacked to f32 as other backends read it. Runs take turns, so that a
// busy machine is unfair to both alike; times are medians after a warm-up, and both answers are compared.

import { parseArgs } from "node:util";
import {
  type Graph,
  i32,
  orThrow,
  type Runner,
  softmaxRule,
  type Tensor,
  type Tensors,
  toF64,
  type Weights,
} from "@depass/graph";
import { showBytes, type WebGpuBackend, webgpu } from "@depass/kernels";
import { loadModel } from "@depass/models";
import { medianOf, since, type Times } from "../../kernels/bench/measure/clock.ts";
import { usedBytes } from "../../kernels/src/buffer.ts";
import { foresee } from "../../kernels/src/foresee.ts";
import { explanationGraph } from "../src/explanation.ts";
import { levelOf } from "../src/level.ts";
import { tokenLevel } from "../src/levels.ts";

const { values: options } = parseArgs({
  options: {
    model: { type: "string" },
    tokens: { type: "string", default: "5,16" },
    runs: { type: "string", default: "3" },
    adapter: { type: "string" },
    json: { type: "boolean", default: false },
  },
});

type Way = "blocks" | "values";
type Ready = { readonly way: Way; readonly runner: Runner; readonly bytes: number; readonly setUp: Times };

const prepared = async (backend: WebGpuBackend, graph: Graph, weights: Weights, way: Way): Promise<Ready> => {
  const [before, elapsed] = [usedBytes(backend.gpu), since()];
  const runner = await backend.prepare(graph, weights)().then(orThrow);
  return { way, runner, bytes: usedBytes(backend.gpu) - before, setUp: elapsed() };
};

/** Ids spread over the vocabulary; the last position is explained. */
const inputsOf = (vocabulary: number, tokens: number): Tensors => ({
  tokens: i32(
    [tokens],
    Array.from({ length: tokens }, (_, i) => (i * 7919 + 1) % vocabulary),
  ),
  position: i32([1], [tokens - 1]),
});

/** Elements of all outputs that are not the same number. */
const different = (a: Tensors, b: Tensors): number =>
  Object.keys(a).reduce((sum, name) => {
    const [x, y] = [toF64(a[name] as Tensor), toF64(b[name] as Tensor)];
    return sum + x.filter((value, i) => value !== y[i]).length;
  }, 0);

type Row = { readonly tokens: number; readonly different: number } & Readonly<Record<Way, Times>>;

const measured = async (both: readonly Ready[], vocabulary: number, tokens: number): Promise<Row> => {
  const times: Record<Way, Times[]> = { blocks: [], values: [] };
  let last: Tensors[] = [];
  for (let turn = 0; turn <= Number(options.runs); turn++) {
    last = [];
    for (const { way, runner } of both) {
      const elapsed = since();
      last.push(await runner.run(inputsOf(vocabulary, tokens))().then(orThrow));
      if (turn > 0) times[way].push(elapsed());
    }
  }
  const [a, b] = last as [Tensors, Tensors];
  return { tokens, blocks: medianOf(times.blocks), values: medianOf(times.values), different: different(a, b) };
};

const told = ({ tokens, blocks, values, different }: Row): string =>
  `${tokens} tokens: blocks ${blocks.wall.toFixed(2)} s (processors ${blocks.processors.toFixed(2)} s), ` +
  `f32 ${values.wall.toFixed(2)} s (${values.processors.toFixed(2)} s), ` +
  `ratio ${(blocks.wall / values.wall).toFixed(2)}, of processors ${(blocks.processors / values.processors).toFixed(2)}; ` +
  `${different} numbers differ`;

const main = async (): Promise<void> => {
  if (options.model === undefined) throw new Error("give --model FILE.gguf");
  const model = await loadModel(options.model)().then(orThrow);
  const backend = await webgpu(options.adapter === undefined ? {} : { adapter: options.adapter })().then(orThrow);
  const { seed } = levelOf(orThrow(tokenLevel(model.architecture)));
  const { graph } = orThrow(explanationGraph(model, { seed, rule: softmaxRule() }));
  const { describe, read } = model.weights;
  const both = [
    await prepared(backend, graph, model.weights, "blocks"),
    await prepared(backend, graph, { describe, read }, "values"),
  ];
  const { byType } = orThrow(foresee(backend.gpu, graph, model.weights, { T: 1 }));
  if (!options.json) {
    console.log(`${options.model} on ${backend.device}`);
    for (const { way, bytes, setUp } of both)
      console.log(`weights as ${way}: ${bytes} bytes, ${showBytes(bytes)}, ready in ${setUp.wall.toFixed(1)} s`);
    console.log(`by type: ${JSON.stringify(byType)}`);
  }
  const rows: Row[] = [];
  for (const tokens of options.tokens.split(",").map(Number)) {
    const row = await measured(both, model.architecture.vocabulary, tokens);
    rows.push(row);
    if (!options.json) console.log(told(row));
  }
  if (options.json)
    console.log(JSON.stringify({ weights: both.map(({ way, bytes }) => ({ way, bytes })), byType, rows }));
  for (const { runner } of both) runner.dispose();
  await backend.close();
  await model.close();
};

await main();
