// What does each level cost under each rule, and how closely do its parts sum to the logit?
//   pnpm bench levels --model DIR|demo [--prompt TEXT] [--backend cpu] [--runs 3] [--plan]
// Prints a table: conservation gap, seconds of a run on a runner that is ready (the median; set-up is not in them), and the
// MiB of activations that the backend's plan has for it. The graph's named parts are counted, and `adjoint` is the pass
// backwards that scores everything at once. --plan prints the bytes alone: nothing runs.

import { parseArgs } from "node:util";
import {
  type Backend,
  linearRule,
  maxRule,
  orThrow,
  type Rule,
  reluRule,
  softmaxRule,
  taylorRule,
} from "@depass/graph";
import type { Architecture, Model } from "@depass/models";
import { load, scoreMaps } from "../src/attribute.ts";
import { backendNames, openBackend } from "../src/backends.ts";
import { encodePrompt, explainer } from "../src/explainer.ts";
import { explanationGraph } from "../src/explanation.ts";
import { type Level, levelOf, partsIn } from "../src/level.ts";
import { attentionLevel, headLevel, mlpLevel, neuronLevel, tokenLevel } from "../src/levels.ts";
import { spanLevel } from "../src/spans.ts";

const { values: options } = parseArgs({
  options: {
    model: { type: "string" },
    prompt: { type: "string", default: "When Mary and John went to the store, John gave a drink to" },
    backend: { type: "string", default: "auto" },
    runs: { type: "string", default: "3" },
    plan: { type: "boolean", default: false },
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

type Setting = { readonly model: Model; readonly backend: Backend; readonly why: string };

/** The activations' bytes, and how many named parts there are. */
const foreseen = ({ model, backend }: Setting, level: Level, rule: Rule) => {
  const encoding = orThrow(encodePrompt(model, options.prompt));
  const { parts } = orThrow(partsIn(level, encoding));
  const { graph } = orThrow(explanationGraph(model, { seed: level.seed, rule }));
  const sizes = { T: encoding.ids.length, N: parts.length };
  const bytes = backend.foresee === undefined ? undefined : orThrow(backend.foresee(graph, model.weights, sizes));
  return { parts: parts.length, bytes: `${((bytes?.activations ?? Number.NaN) / 2 ** 20).toFixed(1)} MiB` };
};

const measured = async ({ model, backend, why }: Setting, seed: Level, rule: Rule): Promise<string> => {
  const ready = await explainer(model, backend, { seed, rule, why })().then(orThrow);
  const results = [];
  for (let i = 0; i <= Number(options.runs); i++) results.push(await ready.explain(options.prompt)().then(orThrow));
  ready.dispose();
  const gap = Math.max(...results.map((r) => r.gap));
  return `${gap.toExponential(1)}, ${median(results.slice(1).map((r) => r.times.run)).toFixed(3)} s, `;
};

const backwards = async ({ model, backend }: Setting): Promise<string> => {
  const { heads, all, times, gap } = await scoreMaps(model, options.prompt, { rule: taylorRule(), backend });
  const count = [...heads, ...(all?.neurons ?? []), ...(all?.tokens ?? [])].flat().length + 2 * heads.length;
  return (
    `\nadjoint: ${count} scores in one pass backwards, set-up ${times.prepare.toFixed(2)} s, run with its first ` +
    `sessions ${times.run.toFixed(2)} s, largest gap ${gap.toExponential(1)}`
  );
};

const main = async (): Promise<void> => {
  const model = await (options.model === undefined || options.model === "demo" ? load() : load(options.model));
  const name = backendNames.find((b) => b === options.backend) ?? "auto";
  const { backend, why } = await openBackend({ backend: name })().then(orThrow);
  const setting = { model, backend, why };
  const { architecture: a } = model;
  console.log(`${a.family}, ${a.layers} layers, "${options.prompt}", on ${backend.name}, ${backend.device}\n`);
  console.log(`| level | parts | ${rules.map((r) => r.name).join(" | ")} |`);
  console.log(`| --- | ---: |${" ---: |".repeat(rules.length)}`);
  for (const [level, seed] of Object.entries(levels(a))) {
    const plans = rules.map((rule) => foreseen(setting, seed, rule));
    const cells: string[] = [];
    for (const [i, rule] of rules.entries())
      cells.push((options.plan ? "" : await measured(setting, seed, rule)) + plans[i]?.bytes);
    console.log(`| ${level} | ${plans[0]?.parts} | ${cells.join(" | ")} |`);
  }
  if (!options.plan) console.log(await backwards(setting));
  await backend.close();
  await model.close();
};

await main();
