// How long does it take until a model is ready to run, and how much memory?
//   pnpm bench loading --model DIR [--backend webgpu|cpu [--memory BYTES]] [--json]    open, then also compile and upload
//   pnpm bench loading --model DIR --weights [--json]                 open, then weights alone onto the WebGPU device
//   pnpm bench loading --sparse [--json]                              a 7B checkpoint of holes: open, plan, read every tensor
// The peak is of the process's resident memory, Node's own and the device's on a software adapter included. One
// command measures one thing, because a peak does not come down again.

import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { leavesOf, orThrow, softmaxRule, sum } from "@depass/graph";
import { plan, showBytes } from "@depass/kernels";
import { loadModel, type Model } from "@depass/models";
import { type BackendName, openBackend } from "../src/backends.ts";
import { since } from "../src/clock.ts";
import { explainer } from "../src/explainer.ts";
import { explanationGraph } from "../src/explanation.ts";
import { levelOf } from "../src/level.ts";
import { tokenLevel } from "../src/levels.ts";

const { values: options } = parseArgs({
  options: {
    model: { type: "string" },
    backend: { type: "string" },
    memory: { type: "string" },
    weights: { type: "boolean", default: false },
    sparse: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

type Stage = { readonly stage: string; readonly seconds: number; readonly peak: number };

const peak = (): number => process.resourceUsage().maxRSS * 1024;

const stages: Stage[] = [{ stage: "start of the process", seconds: process.uptime(), peak: peak() }];

const timed = async <A>(stage: string, run: () => Promise<A>): Promise<A> => {
  const elapsed = since();
  const result = await run();
  stages.push({ stage, seconds: elapsed(), peak: peak() });
  return result;
};

const opened = (folder: string): Promise<Model> => timed("open", () => loadModel(folder)().then(orThrow));

const bytesOf = ({ checkpoint }: Model): number => {
  const bytes = [...checkpoint.tensors.values()].map((info) => info.bytes);
  return bytes.reduce((a, b) => a + b, 0);
};

const limit = options.memory === undefined ? {} : { memory: Number(options.memory) };

/** Opened, and where a backend is named: its graph compiled and its weights on the device. */
const loaded = async (folder: string, backend: string | undefined): Promise<number> => {
  const model = await opened(folder);
  if (backend !== undefined) {
    const open = await timed("open the backend", () =>
      openBackend({ backend: backend as BackendName, ...limit })().then(orThrow),
    );
    const seed = orThrow(tokenLevel(model.architecture));
    const settings = { seed, rule: softmaxRule(), why: open.why };
    const ready = await timed("prepare", () => explainer(model, open.backend, settings)().then(orThrow));
    await timed("first attribution", () => ready.explain("The capital of France is")().then(orThrow));
    ready.dispose();
    await open.backend.close();
  }
  await model.close();
  return bytesOf(model);
};

/** Every weight that the model uses, read and uploaded for a graph that has next to no kernels. */
const uploaded = async (folder: string): Promise<number> => {
  const model = await opened(folder);
  const { normed, unembed } = model.architecture;
  const leaves = leavesOf({ logits: unembed(normed) }).filter((leaf) => leaf.op === "weight");
  const sums = Object.fromEntries(leaves.map((leaf) => [leaf.params.name, sum(-1)(leaf)]));
  const open = await timed("open the backend", () => openBackend({ backend: "webgpu" })().then(orThrow));
  const ready = await timed("weights uploaded", () => open.backend.prepare(sums, model.weights)().then(orThrow));
  ready.dispose();
  await open.backend.close();
  await model.close();
  return bytesOf(model);
};

const planned = (model: Model): void => {
  const { seed } = levelOf(orThrow(tokenLevel(model.architecture)));
  const { graph } = orThrow(explanationGraph(model, { seed, rule: softmaxRule() }));
  orThrow(plan(graph, { target: { kind: "hardware", features: [] }, dtypeOf: () => "bf16" }));
};

const streamed = async ({ checkpoint }: Model): Promise<void> => {
  for (const name of checkpoint.tensors.keys()) orThrow(await checkpoint.read(name)());
};

const sparse = async (): Promise<number> => {
  const { writeSparse } = await import("./subject/sparse.ts");
  const folder = await mkdtemp(join(tmpdir(), "depass-sparse-"));
  try {
    await writeSparse(folder);
    const { blocks } = await stat(join(folder, "model-1-of-3.safetensors"));
    if (blocks > 2048) throw new Error(`${folder} is on a file system without holes`);
    const model = await opened(folder);
    await timed("plan", async () => planned(model));
    await timed("read every tensor", () => streamed(model));
    await model.close();
    return bytesOf(model);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const main = async (): Promise<void> => {
  if (!options.sparse && options.model === undefined) throw new Error("give --model DIR or --sparse");
  const folder = options.model ?? "";
  const once = options.weights ? () => uploaded(folder) : () => loaded(folder, options.backend);
  const weights = await (options.sparse ? sparse() : once());
  if (options.json) {
    console.log(JSON.stringify({ weights, stages }));
    return;
  }
  console.log(`weights: ${showBytes(weights)}`);
  for (const { stage, seconds, peak: most } of stages)
    console.log(`${stage.padEnd(22)} ${seconds.toFixed(2).padStart(7)} s   peak ${showBytes(most)}`);
};

await main();
