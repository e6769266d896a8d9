// What does each level cost under each rule, and how closely do its parts sum to the logit?
//   pnpm bench levels --model DIR [--prompt TEXT] [--backend cpu] [--runs 3]
// Prints a table: conservation gap, and seconds of a run on a runner that is ready (the median; set-up is not in them). The
// graph's named parts are counted, and `adjoint` is the pass backwards that scores everything at once.

import { parseArgs } from "node:util";
import { linearRule, maxRule, orThrow, type Rule, reluRule, softmaxRule, taylorRule } from "@depass/graph";
import type { Architecture } from "@depass/models";
import { load, scoreMaps } from "../src/attribute.ts";
import { backendNames, openBackend } from "../src/backends.ts";
import { explainer } from "../src/explainer.ts";
import { type Level, levelOf } from "../src/level.ts";
import { attentionLevel, headLevel, mlpLevel, neuronLevel, tokenLevel } from "../src/levels.ts";
import { spanLevel } from "../src/spans.ts";

const { values: options } = parseArgs({
  options: {
    model: { type: "string" },
    prompt: { type: "string", default: "When Mary and John went to the store, John gave a drink to" },
    backend: { type: "string", default: "auto" },
    runs: { type: "string", default: "3" },
  },
});

const levels = (a: Architecture): Readonly<Record<string, Level>> => {
  const middle = Math.floor(a.layers / 2);
  return {
    token: levelOf(orThrow(tokenLevel(a))),
    words: spanLevel("words"),
    attention: levelOf(orThrow(attentionLevel(a, middle))),
    mlp: levelOf(orThrow(mlpLevel(a, middle))),
    head: levelOf(orThrow(headLevel(a, middle))),
    "neuron (10)": levelOf(
      orThrow(
        neuronLevel(
          a,
          middle,
          Array.from({ length: 10 }, (_, n) => n),
        ),
      ),
    ),
  };
};

const rules: readonly Rule[] = [softmaxRule(), maxRule(), reluRule(), linearRule(), taylorRule()];

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const main = async (): Promise<void> => {
  const model = await (options.model === undefined ? load() : load(options.model));
  const name = backendNames.find((b) => b === options.backend) ?? "auto";
  const { backend, why } = await openBackend({ backend: name })().then(orThrow);
  const { architecture: a } = model;
  console.log(`${a.family}, ${a.layers} layers, "${options.prompt}", on ${backend.name}, ${backend.device}\n`);
  console.log(`| level | parts | ${rules.map((r) => r.name).join(" | ")} |`);
  console.log(`| --- | ---: |${" ---: |".repeat(rules.length)}`);
  for (const [level, seed] of Object.entries(levels(a))) {
    const cells: string[] = [];
    let parts = 0;
    for (const rule of rules) {
      const ready = await explainer(model, backend, { seed, rule, why })().then(orThrow);
      const results = [];
      for (let i = 0; i <= Number(options.runs); i++) results.push(await ready.explain(options.prompt)().then(orThrow));
      ready.dispose();
      parts = (results[0]?.parts.length ?? 2) - 2;
      const gap = Math.max(...results.map((r) => r.gap));
      const seconds = median(results.slice(1).map((r) => r.times.run));
      cells.push(`${gap.toExponential(1)}, ${seconds.toFixed(3)} s`);
    }
    console.log(`| ${level} | ${parts} | ${cells.join(" | ")} |`);
  }
  const maps = await scoreMaps(model, options.prompt, { rule: taylorRule(), backend });
  const count = [...maps.heads, ...(maps.all?.neurons ?? []), ...(maps.all?.tokens ?? [])].flat().length + 2 * a.layers;
  console.log(
    `\nadjoint: ${count} scores in one pass backwards, set-up ${maps.times.prepare.toFixed(2)} s, run with its first ` +
      `sessions ${maps.times.run.toFixed(2)} s, largest gap ${maps.gap.toExponential(1)}`,
  );
  await backend.close();
  await model.close();
};

await main();
