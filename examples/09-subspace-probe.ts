// A subspace found by the user: a probe for "a capital is asked for" against "a language is", trained on some countries,
// tried on others; then how much of the answer runs through that one direction.
import assert from "node:assert/strict";
import { constant, findSite, i32, orThrow, softmaxRule, subspaceSeed, toF64 } from "@depass/graph";
import { site } from "@depass/models";
import { attribute, load, openBackend } from "depass";
import { worldOf } from "./demo-world/world.ts";

const LAYER = 2;
const model = await load();
const { backend } = orThrow(await openBackend()());
const { hidden, normed } = model.architecture;
const countries = worldOf(1).countries.map((c) => c.name);
const [seen, unseen] = [countries.slice(0, countries.length / 2), countries.slice(countries.length / 2)];

const asks = {
  capital: (country: string) => `The capital of ${country} is`,
  language: (country: string) => `The language of ${country} is`,
} as const;

// The state entering the layer, at the last word.
const state = findSite({ normed }, site.residPre(LAYER));
assert.ok(state !== undefined);
const runner = orThrow(await backend.prepare({ state }, model.weights)());
const stateOf = async (prompt: string): Promise<Float64Array> => {
  const { ids } = orThrow(model.tokenizer.encode(prompt, { special: true }));
  const out = orThrow(await runner.run({ tokens: i32([ids.length], ids) })());
  return toF64(out.state ?? i32([0], [])).slice(-hidden);
};

const mean = (rows: readonly Float64Array[]): Float64Array =>
  Float64Array.from({ length: hidden }, (_, d) => rows.reduce((sum, row) => sum + (row[d] as number), 0) / rows.length);
const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, v, d) => sum + v * (b[d] as number), 0);

// The difference of the means of both classes, at length 1: the simplest probe there is (Marks & Tegmark 2023).
const means = {
  capital: mean(await Promise.all(seen.map((c) => stateOf(asks.capital(c))))),
  language: mean(await Promise.all(seen.map((c) => stateOf(asks.language(c))))),
};
const difference = means.capital.map((v, d) => v - (means.language[d] as number));
const length = Math.sqrt(dot(difference, difference));
const direction = difference.map((v) => v / length);
const middle = (dot(means.capital, direction) + dot(means.language, direction)) / 2;

let right = 0;
for (const country of unseen) {
  if (dot(await stateOf(asks.capital(country)), direction) > middle) right++;
  if (dot(await stateOf(asks.language(country)), direction) < middle) right++;
}
console.log(`the probe is right about ${right} of ${2 * unseen.length} prompts on countries it never saw`);
assert.ok(right >= 0.9 * 2 * unseen.length);

// Two parts: the state along the probe, and all that is orthogonal to it, which is the remainder.
const seed = subspaceSeed(site.residPre(LAYER), [constant([...direction], [1, hidden])]);
const country = unseen[0] as string;
const prompt = asks.capital(country);
const { parts, total, target, gap } = await attribute(model, prompt, { seed, rule: softmaxRule(), backend });
console.log(`\n${prompt} ▸ ${target.text}   logit ${target.logit.toFixed(3)}`);
console.log(
  `  ${(parts[0]?.score ?? 0).toFixed(3)} along the probe, ${(parts.at(-1)?.score ?? 0).toFixed(3)} beside it`,
);
assert.ok(gap < 1e-4, `the parts sum to ${total}, the logit is ${target.logit}`);

runner.dispose();
await backend.close();
await model.close();
