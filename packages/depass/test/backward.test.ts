// The law of the pass backwards, in f64: whatever is asked of a random model, a logit, a contrast with the mean of others, any
// direction, it gives the scores that carrying the parts gives.
import { orThrow, reference, taylorRule } from "@depass/graph";
import { loadModel, type Model } from "@depass/models";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { attribute } from "../src/attribute.ts";
import { attentionLevel, headLevel, mlpLevel, tokenLevel } from "../src/levels.ts";
import type { Question } from "../src/question.ts";
import { fuzz } from "./seed.ts";
import { newFolder, remove, writeCheckpoint } from "./tiny.ts";

const test = suite<{ folder: string; model: Model }>("backward");

const HIDDEN = 16;

test.before(async (context) => {
  context.folder = await newFolder();
  await writeCheckpoint(context.folder);
  context.model = await loadModel(context.folder)().then(orThrow);
  assert.is(context.model.architecture.hidden, HIDDEN);
});
test.after(async ({ folder, model }) => {
  await model.close();
  await remove(folder);
});

const levels = { token: tokenLevel, attention: attentionLevel, mlp: mlpLevel, head: headLevel } as const;

const questions: fc.Arbitrary<Question> = fc.oneof(
  fc
    .uniqueArray(fc.nat(255), { minLength: 1, maxLength: 5 })
    .map(([target, ...foil]) => ({ target: target as number, ...(foil.length > 0 && { foil }) })),
  fc
    .array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: HIDDEN, maxLength: HIDDEN })
    .filter((direction) => Math.hypot(...direction) > 1e-3)
    .map((direction) => ({ direction })),
);

const cases = fc.record({
  prompt: fc.string({ minLength: 1, maxLength: 5, unit: fc.constantFrom(..."a the Paris") }),
  level: fc.constantFrom(...(Object.keys(levels) as (keyof typeof levels)[])),
  layer: fc.nat(1),
  question: questions,
});

test("any question: the pass backwards gives what carrying gives", async ({ model }) => {
  await fc.assert(
    fc.asyncProperty(cases, async ({ prompt, level, layer, question }) => {
      const seed = orThrow(levels[level](model.architecture, layer));
      const options = { ...question, seed, rule: taylorRule(), backend: reference };
      const [back, forward] = [
        await attribute(model, prompt, { ...options, mode: "adjoint" }),
        await attribute(model, prompt, { ...options, mode: "forward" }),
      ];
      const [own, wanted] = [back, forward].map(({ parts }) => parts.map((p) => p.score)) as [number[], number[]];
      const off = Math.hypot(...own.map((score, m) => score - (wanted[m] as number)));
      assert.ok(off <= 1e-9 * Math.hypot(...wanted), `${own} and ${wanted}`);
      assert.ok(Math.abs(back.total - back.explained) <= 1e-9 * Math.hypot(back.explained, ...own));
    }),
    fuzz(40),
  );
});

test.run();
