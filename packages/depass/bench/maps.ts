// What do maps of all heads and modules save over explaining each layer's levels one by one, and how alike are the scores?
//   pnpm bench maps --model DIR [--prompt TEXT] [--backend cpu] [--layers 0,15,29] [--neurons 12]
// Each with its set-up, as a user's call has it. One by one is measured at the named layers only (default: all), and for that many
// neurons, evenly over all layers. Processor seconds stand beside the clock's, which others on the machine change.

import { parseArgs } from "node:util";
import { type Backend, orThrow, type Rule, type Seed, softmaxRule, taylorRule } from "@depass/graph";
import type { Model } from "@depass/models";
import { attribute, load, scoreMaps } from "../src/attribute.ts";
import { backendNames, openBackend } from "../src/backends.ts";
import { attentionLevel, headLevel, mlpLevel, neuronLevel } from "../src/levels.ts";
import type { Maps } from "../src/maps.ts";
import { promptFor } from "./subject/prompt.ts";

const { values: options } = parseArgs({
  options: {
    model: { type: "string" },
    prompt: { type: "string" },
    backend: { type: "string", default: "auto" },
    layers: { type: "string" },
    neurons: { type: "string", default: "12" },
  },
});

const prompt = options.prompt ?? promptFor(options.model);

type Subject = { readonly model: Model; readonly backend: Backend };

const timed = async <A>(what: string, use: () => Promise<A>): Promise<A> => {
  const [begin, cpu] = [performance.now(), process.cpuUsage()];
  const result = await use();
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - begin) / 1e3;
  console.log(`${what}: ${seconds.toFixed(1)} s, processor ${((user + system) / 1e6).toFixed(1)} s`);
  return result;
};

const scoresOf = async (model: Model, backend: Backend, seed: Seed, rule: Rule): Promise<readonly number[]> => {
  const { parts } = await attribute(model, prompt, { backend, seed, rule, mode: "forward" });
  return parts.slice(1, seed.named as number).map((p) => p.score);
};

/** Scores of a layer's heads, attention and MLP, each by itself. */
const oneByOne = async ({ model, backend }: Subject, layer: number) => {
  const scores: number[] = [];
  for (const level of [headLevel, attentionLevel, mlpLevel])
    scores.push(...(await scoresOf(model, backend, orThrow(level(model.architecture, layer)), softmaxRule())));
  return scores;
};

const inMaps = ({ heads, attention, mlp }: Maps, layer: number): readonly number[] =>
  [heads[layer] ?? [], attention[layer] ?? 0, mlp[layer] ?? 0].flat();

const largestOf = (differences: readonly number[]): string => Math.max(...differences.map(Math.abs)).toExponential(1);

/** Neurons carried forward, each by itself, beside what one pass backwards said of all. */
const neuronsOneByOne = async (subject: Subject, every: readonly (readonly number[])[], count: number) => {
  const all = every.flatMap((scores, layer) => scores.map((score, neuron) => ({ layer, neuron, score })));
  const step = all.length / count;
  const chosen = Array.from({ length: count }, (_, i) => all[Math.floor((i + 0.5) * step)]);
  const { architecture } = subject.model;
  const apart = await timed(`neurons forward one by one, ${count} of ${all.length}, taylor`, async () => {
    const found: number[] = [];
    for (const { layer, neuron, score } of chosen.flatMap((one) => one ?? [])) {
      const seed = orThrow(neuronLevel(architecture, layer, [neuron]));
      const [alone = Number.NaN] = await scoresOf(subject.model, subject.backend, seed, taylorRule());
      found.push(alone - score);
    }
    return found;
  });
  console.log(`  largest difference from backwards ${largestOf(apart)}`);
};

const main = async (): Promise<void> => {
  const model = await (options.model === undefined ? load() : load(options.model));
  const name = backendNames.find((b) => b === options.backend) ?? "auto";
  const { backend } = await openBackend({ backend: name })().then(orThrow);
  const count = model.architecture.layers;
  const layers = options.layers?.split(",").map(Number) ?? Array.from({ length: count }, (_, l) => l);
  console.log(`${model.architecture.family}, ${count} layers, "${prompt}", on ${backend.name}, ${backend.device}`);
  const maps = await timed("all heads and modules, softmax", () => scoreMaps(model, prompt, { backend }));
  console.log(
    `  set-up ${maps.times.prepare.toFixed(1)} s, run with its first sessions ${maps.times.run.toFixed(1)} s`,
  );
  const alone = await timed(`one by one, ${layers.length} layers of ${count}`, async () => {
    const found: (readonly number[])[] = [];
    for (const layer of layers) found.push(await oneByOne({ model, backend }, layer));
    return found;
  });
  const errors = layers.flatMap((layer, i) =>
    inMaps(maps, layer).map((score, j) => score - (alone[i]?.[j] ?? Number.NaN)),
  );
  console.log(`  largest difference of a score ${largestOf(errors)}, largest gap ${maps.gap.toExponential(1)}`);
  const rule = taylorRule();
  const backwards = await timed("everything backwards, taylor", () => scoreMaps(model, prompt, { backend, rule }));
  console.log(`  ${(backwards.all?.neurons ?? []).flat().length} neurons, and all heads, modules and tokens`);
  const middle = Math.floor(count / 2);
  const seed = orThrow(headLevel(model.architecture, middle));
  const forward = await timed(`heads of layer ${middle} forward, taylor`, () => scoresOf(model, backend, seed, rule));
  const apart = forward.map((score, h) => score - (backwards.heads[middle]?.[h] ?? Number.NaN));
  console.log(`  largest difference from backwards ${largestOf(apart)}`);
  await neuronsOneByOne({ model, backend }, backwards.all?.neurons ?? [], Number(options.neurons));
  await backend.close();
  await model.close();
};

await main();
