// The model that comes along, asked three things, and which word of each prompt its answer comes from. It was trained on a
// small made-up world (demo-world), which knows the word that decides and marks it: whether the highest score is there too,
// anyone can see.
import assert from "node:assert/strict";
import { attribute, load, openBackend } from "depass";
import * as E from "fp-ts/lib/Either.js";
import { heldOutPrompts, splitOf } from "./demo-world/held-out.ts";
import type { Prompt } from "./demo-world/prompts.ts";
import { worldOf } from "./demo-world/world.ts";

const world = worldOf(1);
// Of each kind one that training never showed: a fact in another phrasing, two people who never met, a new sequence.
const held = heldOutPrompts(world, splitOf(world), 2, 1);
const asked = [held.fact[0], held.ioi[0], held.copy[0]] as readonly Prompt[];

const model = await load();
const opened = await openBackend()();
if (E.isLeft(opened)) throw new Error(opened.left.map((f) => `${f.where}: ${f.got}`).join("\n"));
const { backend, why } = opened.right;

const bar = (score: number, most: number): string => "█".repeat(Math.max(0, Math.round((24 * score) / most)));

console.log(`A small model of a made-up world, on ${backend.name}, ${backend.device}.`);
for (const { text, answer, deciding } of asked) {
  const { parts, target, total } = await attribute(model, text, { backend });
  const words = parts.filter((p) => p.token !== undefined).slice(1);
  const most = Math.max(...words.map((p) => p.score));
  console.log(`\n${text} ▸ ${target.text}   logit ${target.logit.toFixed(3)}, and what each word supplied to it:\n`);
  words.forEach(({ name, score }, i) => {
    const mark = i === deciding ? "  ◂ decides, says the world" : "";
    console.log(`  ${name.trim().padEnd(12)}${score.toFixed(3).padStart(8)}  ${bar(score, most)}${mark}`);
  });
  assert.ok(Math.abs(total - target.logit) < 1e-3, `the parts sum to ${total}, the logit is ${target.logit}`);
  assert.equal(target.text.trim(), answer, `the world's answer to "${text}"`);
}

console.log(`
backend: ${why}

Ask it anything in its words, or a real checkpoint (a Hugging Face folder, a .gguf file, an id of the hub):

  npm start -- attribute --prompt "${held.ioi[0]?.text}"
  npm start -- attribute --model FOLDER --prompt "The capital of France is"
  npm start -- --help
`);
await backend.close();
await model.close();
