// How fast is text written, with the cache and without, and what does explaining it cost?
//   pnpm bench generate --model DIR [--prompt TEXT] [--tokens 16,64,128] [--backend cpu] [--json]
// Per number of tokens: tokens a second after the first, both ways, whether both wrote the same, and the seconds of the one
// decomposed pass that explains all of them. Runs take turns; a number of tokens is run once after a warm-up of two tokens.

import { resourceUsage } from "node:process";
import { parseArgs } from "node:util";
import { orThrow } from "@depass/graph";
import { load } from "../src/attribute.ts";
import { backendNames, openBackend } from "../src/backends.ts";
import { explainGenerated } from "../src/explain-generated.ts";
import { type Generation, generateAll } from "../src/generate.ts";

const { values: options } = parseArgs({
  options: {
    model: { type: "string" },
    prompt: { type: "string", default: "The capital of France is" },
    tokens: { type: "string", default: "16,64,128" },
    backend: { type: "string", default: "auto" },
    json: { type: "boolean", default: false },
  },
});

const perSecond = ({ generated, times }: Generation): number => (generated.length - 1) / times.tokens;

const main = async (): Promise<void> => {
  const model = await (options.model === undefined ? load() : load(options.model));
  const name = backendNames.find((b) => b === options.backend) ?? "auto";
  const { backend, why } = await openBackend({ backend: name })().then(orThrow);
  if (!options.json) console.log(`${backend.name} on ${backend.device}: ${why}`);
  await generateAll(model, options.prompt, { backend, maxTokens: 2 });
  const results = [];
  for (const maxTokens of options.tokens.split(",").map(Number)) {
    const kept = await generateAll(model, options.prompt, { backend, maxTokens });
    const again = await generateAll(model, options.prompt, { backend, maxTokens, cache: false });
    const explained = await explainGenerated(model, kept, { backend });
    const result = {
      tokens: kept.generated.length,
      finish: kept.finish,
      same: kept.generated.every((t, i) => t.id === again.generated[i]?.id),
      withCache: perSecond(kept),
      without: perSecond(again),
      prompt: kept.times.prompt,
      explain: explained.times.run,
      gap: Math.max(...explained.tokens.map((t) => t.gap)),
    };
    results.push(result);
    if (!options.json)
      console.log(
        `${result.tokens} tokens (${result.finish}): ${result.withCache.toFixed(1)} a second with the cache, ` +
          `${result.without.toFixed(1)} without, ${result.same ? "the same ones" : "OTHER ONES"}; ` +
          `explained in ${result.explain.toFixed(2)} s, largest gap ${result.gap.toExponential(1)}`,
      );
  }
  const peak = resourceUsage().maxRSS * 1024;
  if (options.json) console.log(JSON.stringify({ device: backend.device, results, peak }, null, 2));
  else console.log(`peak resident memory ${(peak / 2 ** 30).toFixed(1)} GiB`);
  await backend.close();
  await model.close();
};

await main().catch((error: unknown) => {
  console.error(`generate: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
