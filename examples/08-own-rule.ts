// A rule of one's own: how the neurons of an MLP are shared out, in the words of the language; and how much the scores move
// between rules, which says how far to trust any of them.
import assert from "node:assert/strict";
import {
  linearRule,
  mul,
  orThrow,
  type Rule,
  reluRule,
  ruleBySite,
  softmaxRule,
  taylorRule,
  weightRule,
} from "@depass/graph";
import { attribute, load, openBackend } from "depass";

// Shares in proportion to the squares of the gate inputs. Weights are all that a rule needs to say: shares are weights over
// their sum, and what nobody has a claim to goes to the remainder.
const squares = weightRule("squares", (gates) => mul(gates, gates));

// Another rule in each layer: sharp in the first two, even-handed behind them.
const byLayer = ruleBySite("sharp, then squares", (site) =>
  /^layers\.[01]\./.test(site ?? "") ? softmaxRule(0.1) : squares,
);

const rules: readonly Rule[] = [
  softmaxRule(0.1),
  softmaxRule(1),
  reluRule(),
  linearRule(),
  taylorRule(),
  squares,
  byLayer,
];

const model = await load();
const { backend } = orThrow(await openBackend()());
const prompt = "The capital of Gerland is";

const rows = [];
for (const rule of rules) {
  const { parts, total, target, tokens } = await attribute(model, prompt, { rule, backend, mode: "forward" });
  assert.ok(
    Math.abs(total - target.logit) < 1e-3,
    `${rule.name}: the parts sum to ${total}, the logit is ${target.logit}`,
  );
  rows.push({ name: rule.name, tokens: tokens.map((t) => t.text.trim()), scores: parts.map((p) => p.score) });
}

const width = 10;
console.log(`${prompt} ▸\n`);
console.log(
  `${"rule".padEnd(20)}${(rows[0]?.tokens ?? []).map((t) => t.padStart(width)).join("")}${"remainder".padStart(width)}`,
);
for (const { name, tokens, scores } of rows) {
  const shown = [...scores.slice(0, tokens.length), scores.at(-1) ?? 0];
  console.log(name.padEnd(20) + shown.map((s) => s.toFixed(2).padStart(width)).join(""));
}

// The rules agree on the sum and on little else: a score is a share by a convention.
const leaders = new Set(
  rows.map(({ tokens, scores }) => tokens[scores.indexOf(Math.max(...scores.slice(0, tokens.length)))]),
);
console.log(`\nthe highest score is at: ${[...leaders].join(", ")}`);
assert.ok(leaders.size >= 1 && rows.length === rules.length);

await backend.close();
await model.close();
