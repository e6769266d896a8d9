// A checkpoint of 7B is opened and planned in little memory, in whatever budget a device has; its files are holes.
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { orThrow, softmaxRule } from "@depass/graph";
import { loadModel } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { writeSparse } from "../../../bench/subject/sparse.ts";
import { openBackend } from "../../../src/backends.ts";
import { explanationGraph } from "../../../src/explanation.ts";
import { levelOf } from "../../../src/level.ts";
import { tokenLevel } from "../../../src/levels.ts";

const test = suite("sparse");

const GIB = 2 ** 30;
const MOST = GIB; // bytes that the process may grow by, of 12.6 GiB of weights

test("a checkpoint of 7B: opened, and planned within 1 GiB of a device's memory, streamed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "depass-sparse-"));
  const before = process.resourceUsage().maxRSS * 1024;
  try {
    await writeSparse(folder);
    const shard = await stat(join(folder, "model-1-of-3.safetensors"));
    assert.ok(shard.size > 4 * GIB && shard.blocks * 512 < 2 ** 20, `${shard.blocks} blocks for ${shard.size} bytes`);
    const model = orThrow(await loadModel(folder)());
    const opened = await openBackend({ backend: "webgpu", memory: GIB })();
    if (E.isLeft(opened)) return console.log("skipped: a plan of 7B (there is no WebGPU here)");
    const { backend } = opened.right;
    const { seed } = levelOf(orThrow(tokenLevel(model.architecture)));
    const { graph } = orThrow(explanationGraph(model, { seed, rule: softmaxRule() }));
    assert.ok(backend.foresee !== undefined);
    const found = orThrow(backend.foresee(graph, model.weights, { T: 16 }));
    await backend.close();
    await model.close();
    assert.ok(found.allWeights > 12 * GIB, `${found.allWeights} bytes of weights`);
    assert.ok(found.peak <= GIB, `a peak of ${found.peak}`);
    const grown = process.resourceUsage().maxRSS * 1024 - before;
    assert.ok(grown < MOST, `${grown} bytes more`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test.run();
