// Is a model of 7B explained within 4 GiB of the host's memory? A checkpoint of holes, its weights streamed to a device
// whose budget holds a few layers:
//   pnpm bench streaming [--backend webgpu|cpu] [--layers N] [--memory BYTES] [--words N] [--limit BYTES] [--json]
// On a processor and on the software adapter the device's memory is the host's too. The peak is the most resident memory the process had
// (VmHWM): Linux enforces no limit on that, so the bench fails where it was passed. All weights are zero, and so are the
// scores: what is shown is that everything runs, and what it takes.

import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { orThrow, softmaxRule } from "@depass/graph";
import { showBytes } from "@depass/kernels";
import { loadModel, type Model } from "@depass/models";
import { openBackend } from "../src/backends.ts";
import { since } from "../src/clock.ts";
import { explainer } from "../src/explainer.ts";
import { tokenLevel } from "../src/levels.ts";
import { writeSparse } from "./subject/sparse.ts";

const { values: options } = parseArgs({
  options: {
    backend: { type: "string", default: "webgpu" },
    layers: { type: "string", default: "32" },
    memory: { type: "string", default: `${2 ** 30}` },
    words: { type: "string", default: "2" },
    limit: { type: "string", default: `${4 * 2 ** 30}` },
    json: { type: "boolean", default: false },
  },
});

const backend = options.backend === "cpu" ? "cpu" : "webgpu";

const peak = (): number => process.resourceUsage().maxRSS * 1024;

const HOLES = 2048; // blocks of a file that is nearly all hole

const explained = async (model: Model) => {
  const opened = orThrow(await openBackend({ backend, memory: Number(options.memory) })());
  const elapsed = since();
  const settings = { seed: orThrow(tokenLevel(model.architecture)), rule: softmaxRule(), why: opened.why };
  const ready = orThrow(await explainer(model, opened.backend, settings)());
  const prepare = elapsed();
  const prompt = Array.from({ length: Number(options.words) }, () => "b").join(" ");
  const { parts, total } = orThrow(await ready.explain(prompt)());
  const run = elapsed() - prepare;
  ready.dispose();
  await opened.backend.close();
  if (total !== 0) throw new Error(`weights of zero gave scores that sum to ${total}`);
  return { device: opened.backend.name, parts: parts.length, prepare, run };
};

const main = async (): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), "depass-sparse-"));
  try {
    await writeSparse(folder, Number(options.layers));
    const { blocks } = await stat(join(folder, "model-1-of-3.safetensors"));
    if (blocks > HOLES) throw new Error(`${folder} is on a file system without holes`);
    const model = orThrow(await loadModel(folder)());
    const weights = [...model.checkpoint.tensors.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    const found = { weights, budget: Number(options.memory), ...(await explained(model)), peak: peak() };
    await model.close();
    if (options.json) console.log(JSON.stringify(found));
    else {
      console.log(`${showBytes(weights)} of weights on ${found.device}, budget ${showBytes(found.budget)}`);
      console.log(
        `prepared in ${found.prepare.toFixed(1)} s, ${options.words} tokens explained in ${found.run.toFixed(1)} s`,
      );
      console.log(`peak ${showBytes(found.peak)} of the process, ${showBytes(Number(options.limit))} allowed`);
    }
    if (found.peak > Number(options.limit)) process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

await main();
