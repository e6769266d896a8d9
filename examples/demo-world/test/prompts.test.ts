import { test } from "uvu";
import * as assert from "uvu/assert";
import { heldOutPrompts, splitOf } from "../held-out.ts";
import { factPhrasings, giftPhrasings } from "../phrasings.ts";
import { copySentence, factSentence, giftSentence, type Prompt } from "../prompts.ts";
import { trainingSentences } from "../sentences.ts";
import { factsOf, worldOf } from "../world.ts";
import { find } from "./oracle.ts";

const world = worldOf(1);
const split = splitOf(world);

test("a fact, a gift and a copy, written out", () => {
  const { prompt, rest } = giftSentence(giftPhrasings[0]!, {
    first: "Mary",
    second: "John",
    giver: "second",
    place: "market",
    thing: "flute",
  });
  assert.equal(prompt, {
    kind: "ioi",
    phrasing: "ioi/when",
    text: "When Mary and John went to the market , John gave the flute to",
    words: "When Mary and John went to the market , John gave the flute to".split(" "),
    answer: "Mary",
    deciding: 1,
  });
  assert.equal(rest, ["."]);
  const fact = { relation: "capital", subject: "Norland", answer: "Osk" } as const;
  const said = factSentence(factPhrasings.capital[0]!, fact, "Ada").prompt;
  assert.equal([said.text, said.answer, said.deciding], ["The capital of Norland is", "Osk", 3]);
  const copied = copySentence(["ba", "di", "ku", "ma"], 1);
  assert.equal([copied.prompt.text, copied.prompt.answer, copied.prompt.deciding], ["ba di ku ma ba di", "ku", 2]);
  assert.equal(copied.rest, ["ma"]);
});

const check = (prompt: Prompt): void => {
  const { deciding, answer } = find(world, prompt);
  assert.is(prompt.deciding, deciding, prompt.text);
  assert.is(prompt.answer, answer, prompt.text);
  assert.is(prompt.text, prompt.words.join(" "));
};

test("every fact in every phrasing: somebody who knows the world finds the same word and the same answer", () => {
  for (const fact of factsOf(world))
    for (const phrasing of factPhrasings[fact.relation]) check(factSentence(phrasing, fact, "Ada").prompt);
});

test("and so for what is held out and what is trained on", () => {
  const held = heldOutPrompts(world, split, 5, 500);
  for (const prompt of [...held.fact, ...held.ioi, ...held.copy]) check(prompt);
  const next = trainingSentences(world, split, 6);
  for (let i = 0; i < 3000; i++) check(next().prompt);
});

test("no two facts are asked in the same words", () => {
  const answers = new Map<string, string>();
  for (const fact of factsOf(world))
    for (const phrasing of factPhrasings[fact.relation])
      for (const { name } of world.people) {
        const { text, answer } = factSentence(phrasing, fact, name).prompt;
        assert.is(answers.get(text) ?? answer, answer, text);
        answers.set(text, answer);
      }
  assert.ok(answers.size > factsOf(world).length * 4);
});

test("what a phrasing asks for and does not get is a broken promise", () => {
  const phrasing = { id: "x/y", pieces: [{ slot: "subject" }, { slot: "color" }, { slot: "answer" }] };
  const fact = { relation: "capital", subject: "Norland", answer: "Osk" } as const;
  assert.throws(() => factSentence(phrasing, fact, "Ada"), /internal: nothing for .*color/);
  assert.throws(() => factSentence({ id: "x/y", pieces: [] }, fact, "Ada"), /internal: no \{answer\}/);
  assert.throws(() => copySentence(["ba", "di"], 1), /internal: word 2 of a block of 2/);
});

test.run();
