// The model that comes along goes on with a prompt, and is asked where its answer comes from: every token that it writes is
// explained by all tokens before it, in one pass, a stretch of the answer is traced back to words of the prompt, and each token is
// told apart from the one that was next in line.
import assert from "node:assert/strict";
import { orThrow } from "@depass/graph";
import { cite, explainGenerated, generate, generateAll, load, openBackend, runnerUp } from "depass";
import { heldOutPrompts, splitOf } from "./demo-world/held-out.ts";
import type { Prompt } from "./demo-world/prompts.ts";
import { worldOf } from "./demo-world/world.ts";

const world = worldOf(1);
const { text: prompt, answer, deciding } = heldOutPrompts(world, splitOf(world), 2, 1).ioi[0] as Prompt;
const words = prompt.split(" ");

const model = await load();
const { backend } = await openBackend()().then(orThrow);
const options = { maxTokens: 6, stop: ["."], backend };

// Tokens as they come.
process.stdout.write(`${prompt} ▸`);
let streamed = "";
for await (const { text } of generate(model, prompt, options)) {
  process.stdout.write(text);
  streamed += text;
}
console.log();

// All of it at once; greedy, so it is the same again. A temperature and a seed would draw another text, and the same again.
const written = await generateAll(model, prompt, options);
assert.equal(written.text, streamed);
const [first] = written.generated;
assert.equal(first?.text.trim(), answer, `the world's answer to "${prompt}"`);
const drawn = { ...options, temperature: 1.5, seed: 7 };
assert.equal((await generateAll(model, prompt, drawn)).text, (await generateAll(model, prompt, drawn)).text);

// One decomposed pass explains every token of it.
const explained = await explainGenerated(model, written, { backend });
console.log("\n  token        logit   most of it from");
for (const { position, logit, scores, gap } of explained.tokens) {
  const name = (i: number): string => (explained.encoding.tokens[i]?.text ?? "").trim();
  const most = [...scores.keys()].sort((a, b) => (scores[b] as number) - (scores[a] as number))[0] as number;
  console.log(
    `  ${name(position).padEnd(12)}${logit.toFixed(2).padStart(6)}   ${name(most)} (${scores[most]?.toFixed(2)})`,
  );
  assert.ok(gap < 1e-4, `the parts of token ${position} sum to its logit but for ${gap}`);
}

// Where does the answer's word come from? Words of the prompt, the highest score first.
const { sources, total, answer: own, bias, remainder } = orThrow(cite(explained, answer));
console.log(`\n"${answer}" comes from: ${sources.map((s) => `${s.text} ${s.score.toFixed(2)}`).join(", ")}`);
const places = sources.filter((s) => s.end > s.start);
assert.equal(places[0]?.text, words[deciding], "the word that decides, says the world");
const sum = sources.reduce((s, { score }) => s + score, own + bias + remainder);
assert.ok(Math.abs(sum - total) < 1e-6, "nothing is left out");

// Why each token, and not the one that was next in line? Scores of the difference of both logits, by one pass again.
const contrast = await explainGenerated(model, written, { backend, foil: runnerUp });
const [told] = contrast.tokens;
const other = told?.foils?.[0];
console.log(`\nwhy "${answer}" and not "${other?.text.trim()}", ${told?.explained.toFixed(2)} below it?`);
for (const { explained: above, total: all, foils = [], gap } of contrast.tokens) {
  assert.ok(above > 0 && foils.length === 1, "a greedy text takes what is above all others");
  assert.ok(Math.abs(all - above) < 1e-3 && gap < 1e-4, `the parts sum to the difference but for ${gap}`);
}
const [leading] = [...(told?.scores ?? []).keys()].sort(
  (a, b) => (told?.scores[b] as number) - (told?.scores[a] as number),
);
console.log(`because of "${contrast.encoding.tokens[leading as number]?.text.trim()}"`);

await backend.close();
await model.close();
