// What does each level cost under each rule, and how closely do its parts sum to the logit?
//   pnpm bench levels --model DIR|demo [--prompt TEXT] [--backend cpu] [--runs 3] [--plan]
// Prints a table: conservation gap, seconds of a run on a runner that is ready (the median; set-up is not in them), and two numbers
// of bytes: what the plan has for the activations, and what the first run took beside the weights, which were there (levels/held.ts:
// counted by the backend on WebGPU, of the whole process else, with the runtime's own). Each cell is a process of its own. The graph's
// named parts are counted, and `adjoint` is the pass backwards that scores everything at once. --plan prints planned bytes alone:
// nothing runs.

import { parseArgs } from "node:util";
import { type Backend, orThrow, type Rule, showFaults, taylorRule } from "@depass/graph";
import type { Model } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { load, scoreMaps } from "../src/attribute.ts";
import { backendNames, openBackend } from "../src/backends.ts";
import { encodePrompt } from "../src/explainer.ts";
import { explanationGraph } from "../src/explanation.ts";
import { type Level, partsIn } from "../src/level.ts";
import { allBytes, type Cell, cell, mib, type Pair, type Plan, shown } from "./levels/shown.ts";
import { forward, levels, rules } from "./levels/tables.ts";
import { lastLine } from "./peer/answers.ts";
import { programAt } from "./peer/sides.ts";
import { promptFor } from "./subject/prompt.ts";

const { values: options } = parseArgs({
  options: {
    model: { type: "string", default: "demo" },
    prompt: { type: "string" },
    backend: { type: "string", default: "auto" },
    runs: { type: "string", default: "3" },
    plan: { type: "boolean", default: false },
  },
});

const prompt = options.prompt ?? promptFor(options.model);

type Setting = { readonly model: Model; readonly backend: Backend };

/** The plan's bytes, and how many named parts there are. */
const foreseen = ({ model, backend }: Setting, level: Level, rule: Rule): Plan => {
  const encoding = orThrow(encodePrompt(model, prompt));
  const { parts } = orThrow(partsIn(level, encoding));
  const { graph } = orThrow(explanationGraph(model, { seed: level.seed, rule }));
  const sizes = { T: encoding.ids.length, N: parts.length };
  const bytes = backend.foresee === undefined ? undefined : orThrow(backend.foresee(graph, model.weights, sizes));
  return { parts: parts.length, bytes };
};

const LIMIT = 1800; // seconds of a cell: a software adapter may take its time

const measured = async (level: string, rule: string): Promise<Cell> => {
  const args = [options.model, prompt, options.backend, level, rule, options.runs];
  const ended = await programAt("a cell", "packages/depass/bench/levels/cell.ts", args, LIMIT)();
  const found = E.chain(({ stdout }: { readonly stdout: string }) => lastLine(cell, stdout, "a cell"))(ended);
  if (E.isLeft(found)) throw new Error(showFaults(found.left));
  return found.right;
};

/** What the model alone takes: much of what a small run takes is the same for all. */
const withoutParts = async ({ model, backend }: Setting): Promise<string> => {
  const T = orThrow(encodePrompt(model, prompt)).ids.length;
  const plan = backend.foresee?.(forward(model.architecture), model.weights, { T });
  const [bytes, found] = [plan && orThrow(plan), await measured("none", "none")];
  return `\na forward pass without parts: ${found.seconds.toFixed(3)} s, ${mib(bytes?.activations)} / ${mib(found.run)} MiB`;
};

const backwards = async ({ model, backend }: Setting): Promise<string> => {
  const { heads, all, times, gap } = await scoreMaps(model, prompt, { rule: taylorRule(), backend });
  const count = [...heads, ...(all?.neurons ?? []), ...(all?.tokens ?? [])].flat().length + 2 * heads.length;
  return (
    `\nadjoint: ${count} scores in one pass backwards, set-up ${times.prepare.toFixed(2)} s, run with its first ` +
    `sessions ${times.run.toFixed(2)} s, largest gap ${gap.toExponential(1)}`
  );
};

const rows = async (setting: Setting): Promise<readonly Pair[]> => {
  const pairs: Pair[] = [];
  for (const [level, levelOf] of Object.entries(levels)) {
    const cells: string[] = [];
    const plans = rules.map((rule) => foreseen(setting, levelOf(setting.model.architecture), rule));
    for (const [i, rule] of rules.entries()) {
      const [plan, found] = [plans[i] as Plan, options.plan ? undefined : await measured(level, rule.name)];
      cells.push(shown(plan, found));
      if (found !== undefined && plan.bytes !== undefined)
        pairs.push({ planned: plan.bytes.peak + plan.bytes.beside, most: found.most });
    }
    console.log(`| ${level} | ${plans[0]?.parts} | ${cells.join(" | ")} |`);
  }
  return pairs;
};

const main = async (): Promise<void> => {
  const model = await load(...(options.model === "demo" ? [] : [options.model]));
  const name = backendNames.find((b) => b === options.backend) ?? "auto";
  const { backend } = await openBackend({ backend: name })().then(orThrow);
  const { architecture: a } = model;
  console.log(`${a.family}, ${a.layers} layers, "${prompt}", on ${backend.name}, ${backend.device}\n`);
  console.log(`| level | parts | ${rules.map((r) => r.name).join(" | ")} |`);
  console.log(`| --- | ---: |${" ---: |".repeat(rules.length)}`);
  const pairs = await rows({ model, backend });
  if (pairs.length > 0) console.log(allBytes(pairs));
  if (!options.plan) console.log(await withoutParts({ model, backend }), await backwards({ model, backend }));
  await backend.close();
  await model.close();
};

await main();
