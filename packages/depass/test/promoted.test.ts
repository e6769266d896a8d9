// What each part promotes: with every token of the vocabulary told, all parts' shares of each must make up its logit.
import { reference, taylorRule } from "@depass/graph";
import type { Model } from "@depass/models";
import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AttributeOptions, attribute, load } from "../src/attribute.ts";
import { atPosition } from "../src/explanation.ts";
import { largest } from "../src/promoted.ts";
import type { Attribution } from "../src/result.ts";

const test = suite("promoted");

let model: Model;
test.before(async () => {
  model = await load();
});
test.after(() => model.close());

const PROMPT = "The capital of Gerland is";

const asked = (options: AttributeOptions): Promise<Attribution> =>
  attribute(model, PROMPT, { backend: reference, ...options });

test("the largest are those that sorting finds, the first of equals first", () => {
  const values = fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(values, fc.integer({ min: 1, max: 40 }), (list, count) => {
      const sorted = list.map((_, i) => i).sort((a, b) => (list[b] as number) - (list[a] as number) || a - b);
      assert.equal(largest(list, count), sorted.slice(0, count));
      const rising = list.map((_, i) => i).sort((a, b) => (list[a] as number) - (list[b] as number) || a - b);
      assert.equal(largest(list, count, -1), rising.slice(0, count));
    }),
  );
});

const logitsOf = async (found: Attribution): Promise<readonly number[]> => {
  const { architecture: a } = model;
  const runner = await reference.prepare({ logits: a.unembed(atPosition(a.normed)) }, model.weights)();
  if (runner._tag === "Left") throw new Error(JSON.stringify(runner.left));
  const ids = Int32Array.from(found.tokens, (t) => t.id);
  const outputs = await runner.right.run({
    tokens: { dtype: "i32", shape: [ids.length], data: ids },
    position: { dtype: "i32", shape: [1], data: Int32Array.of(ids.length - 1) },
  })();
  if (outputs._tag === "Left") throw new Error(JSON.stringify(outputs.left));
  return Array.from(outputs.right.logits?.data ?? []);
};

test("every token's scores over all parts sum to its logit", async () => {
  const { vocabulary } = model.architecture;
  const found = await asked({ promotes: vocabulary });
  const sums = new Float64Array(vocabulary);
  for (const { promotes = [] } of found.parts)
    for (const { id, score } of promotes) sums[id] = (sums[id] as number) + score;
  const logits = await logitsOf(found);
  const size = Math.max(...logits.map(Math.abs));
  assert.is(logits.length, vocabulary);
  // The states go to the product as f32: each of some ten parts is rounded to 6e-8 of itself.
  for (const [id, logit] of logits.entries()) assert.ok(Math.abs((sums[id] as number) - logit) < 1e-5 * size, `${id}`);
});

test("a part's score is what it adds to the target's logit; lists are in order, from both ends", async () => {
  const { vocabulary } = model.architecture;
  const found = await asked({ promotes: vocabulary });
  for (const { name, score, promotes = [], suppresses = [] } of found.parts) {
    if (name === "bias" || name === "remainder") assert.is(promotes.length, 0);
    else {
      const own = promotes.find(({ id }) => id === found.target.id)?.score ?? Number.NaN;
      assert.ok(Math.abs(own - score) < 1e-5 * Math.abs(found.target.logit), name);
      assert.ok(promotes.every((t, i) => i === 0 || t.score <= (promotes[i - 1]?.score ?? 0)));
      assert.equal(
        suppresses.map((t) => t.score),
        promotes.map((t) => t.score).reverse(),
      );
    }
  }
});

test("asked for, the parts go forward even where they could go backwards", async () => {
  const found = await asked({ promotes: 3, rule: taylorRule() });
  assert.is(found.mode, "forward");
  assert.ok(found.parts.slice(0, -2).every((p) => p.promotes?.length === 3 && p.suppresses?.length === 3));
});

test("what cannot be asked", async () => {
  const refused: readonly (readonly [AttributeOptions, RegExp])[] = [
    [{ promotes: 0 }, /a number of tokens from 1 to 326, got 0/],
    [{ promotes: 327 }, /from 1 to 326, got 327/],
    [{ promotes: 1.5 }, /got 1.5/],
    [{ promotes: 1, mode: "adjoint", rule: taylorRule() }, /expected scores alone/],
  ];
  for (const [options, expected] of refused)
    try {
      await asked(options);
      assert.unreachable(`not refused: ${expected}`);
    } catch (error) {
      assert.match(String(error), expected);
    }
});

test.run();
