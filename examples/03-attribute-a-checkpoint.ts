// The short way: a checkpoint folder, a prompt, and how much each of its tokens supplied to the next one.
//
//   node scripts/run.mjs examples/03-attribute-a-checkpoint.ts path/to/SmolLM2-135M-Instruct
//
// The folder can also stand in DEPASS_MODEL. Without either, a tiny checkpoint with random weights is written first.
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { reference } from "@depass/graph";
import { webgpu } from "@depass/kernels";
import { attribute, load } from "depass";
import * as E from "fp-ts/lib/Either.js";
import { tinyCheckpoint } from "./tiny-checkpoint.ts";

const given = process.argv[2] ?? process.env.DEPASS_MODEL;
const folder = given ?? (await tinyCheckpoint());
if (given === undefined) console.log("No checkpoint was named, so this is a tiny one with random weights.\n");

const model = await load(folder);

const gpu = await webgpu()();
const backend = E.isRight(gpu) ? gpu.right : reference;

// What is explained is the token that the model would say next; `target: " Paris"` beside the backend asks for another.
const { prompt, tokens, target, parts, total, gap } = await attribute(model, "The capital of France is", { backend });

console.log(`On ${backend.name}, ${backend.device}:\n`);
console.log(`${prompt} ▸${target.text}   logit ${target.logit.toFixed(4)}; its parts, largest first:\n`);
for (const { name, score } of [...parts].sort((a, b) => Math.abs(b.score) - Math.abs(a.score)))
  console.log(`  ${score.toFixed(4).padStart(9)}  ${JSON.stringify(name)}`);
console.log(`\n  ${total.toFixed(4).padStart(9)}  in all, a relative gap of ${gap.toExponential(1)}`);

assert.equal(parts.length, tokens.length + 2); // one part a token, then bias and remainder
assert.ok(Math.abs(total - parts.reduce((sum, { score }) => sum + score, 0)) < 1e-9);
assert.ok(Math.abs(total - target.logit) < 1e-3, `the parts sum to ${total}, the logit is ${target.logit}`);

await backend.close();
await model.close();
if (given === undefined) await rm(folder, { recursive: true });
