// How long does a whole decomposed forward pass take? Token seed, softmax rule, a Llama-shaped model, any adapter.
//   pnpm bench decomposition --shape smollm2-135m --tokens 5,14,31 [--model DIR] [--layers N] [--adapter NAME]
//     [--toggles safe|fast] [--dense] [--profile] [--runs N] [--json]
// Weights are random bf16 unless --model names a checkpoint. Per prompt length: the median of the runs after a warm-up,
// operations by formula (subject/work.ts), the same products alone in the same process, planned bytes and the peak of
// resident memory. --dense also runs the graph without the causal packing, in turns with the packed one.

import { resourceUsage } from "node:process";
import { parseArgs } from "node:util";
import { orThrow } from "@depass/graph";
import { showBytes, webgpu } from "@depass/kernels";
import { type Measured, measure, profileOf, type Ready, ready } from "./subject/measure.ts";
import { showMeasured, showProfile, showRatio } from "./subject/show.ts";
import { openSource } from "./subject/source.ts";

const { values: options } = parseArgs({
  options: {
    shape: { type: "string", default: "smollm2-135m" },
    model: { type: "string" },
    layers: { type: "string" },
    tokens: { type: "string", default: "5,14,31" },
    adapter: { type: "string" },
    toggles: { type: "string", default: "safe" },
    runs: { type: "string", default: "5" },
    dense: { type: "boolean", default: false },
    profile: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

const say = (...lines: readonly string[]): void => {
  if (!options.json) for (const line of lines) console.log(line);
};

const main = async (): Promise<void> => {
  const source = await openSource({
    shape: options.shape,
    ...(options.model === undefined ? {} : { model: options.model }),
    ...(options.layers === undefined ? {} : { layers: Number(options.layers) }),
  });
  const backend = await webgpu({
    toggles: options.toggles === "fast" ? "fast" : "safe",
    ...(options.adapter === undefined ? {} : { adapter: options.adapter }),
  })().then(orThrow);
  const { name, kind, toggles, why } = backend.gpu;
  say(`${name} (${kind}, ${toggles} toggles): ${why}`, source.text);
  const graphs: Ready[] = [await ready(backend, source, true)];
  if (options.dense) graphs.push(await ready(backend, source, false));
  say(
    ...graphs.map(
      (g) => `set-up ${g.setUp.toFixed(2)} s (${g.packed ? "packed" : "dense, kernels in common not compiled again"})`,
    ),
  );
  const results: Measured[] = [];
  for (const tokens of options.tokens.split(",").map(Number)) {
    const found = await measure(backend, source, graphs, tokens, Number(options.runs));
    results.push(...found);
    say(...found.map(showMeasured), ...showRatio(found));
    if (options.profile)
      for (const g of graphs) {
        const { seconds, steps } = await profileOf(backend, source, g, tokens);
        say(...showProfile(steps, seconds));
      }
  }
  const peak = resourceUsage().maxRSS * 1024;
  say(`peak resident memory ${showBytes(peak)}`);
  if (options.json) {
    const setUp = graphs.map(({ packed, setUp: seconds }) => ({ packed, seconds }));
    console.log(JSON.stringify({ device: name, kind, toggles, model: source.text, setUp, results, peak }, null, 2));
  }
  await backend.close();
  await source.close();
};

await main().catch((error: unknown) => {
  console.error(`decomposition: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
