import { test } from "uvu";
import * as assert from "uvu/assert";
import { splitOf } from "../held-out.ts";
import { allPhrasings } from "../phrasings.ts";
import type { Sentence } from "../prompts.ts";
import { batchOf, documentOf, streamOf, trainingSentences } from "../sentences.ts";
import { vocabularyOf } from "../vocabulary.ts";
import { worldOf } from "../world.ts";

const world = worldOf(1);
const split = splitOf(world);
const vocabulary = vocabularyOf(world);

const take = (next: () => Sentence, count: number): readonly Sentence[] => Array.from({ length: count }, () => next());

const sample = take(trainingSentences(world, split, 3), 20_000);
const shareOf = (is: (sentence: Sentence) => boolean, among: readonly Sentence[] = sample): number =>
  among.filter(is).length / among.length;
const isAbout = (share: number, expected: number): void =>
  assert.ok(Math.abs(share - expected) < 0.02, `${share}, expected about ${expected}`);

test("a seed gives the same sentences, another one others", () => {
  assert.equal(take(trainingSentences(world, split, 3), 200), sample.slice(0, 200));
  assert.not.equal(take(trainingSentences(world, split, 4), 200), sample.slice(0, 200));
});

test("kinds come as often as asked", () => {
  isAbout(
    shareOf(({ prompt }) => prompt.kind === "fact"),
    0.4,
  );
  isAbout(
    shareOf(({ prompt }) => prompt.kind === "ioi"),
    0.3,
  );
  const copies = take(trainingSentences(world, split, 3, { fact: 0, ioi: 0, copy: 1 }), 200);
  assert.ok(copies.every(({ prompt }) => prompt.kind === "copy"));
});

test("every phrasing and every saying that may be seen is seen", () => {
  const phrasings = new Set(sample.map(({ prompt }) => prompt.phrasing));
  assert.equal(phrasings, new Set([...allPhrasings.map(({ id }) => id), "copy/repeat"]));
  const facts = take(trainingSentences(world, split, 3, { fact: 1, ioi: 0, copy: 0 }), 30_000);
  const sayings = new Set(facts.map(({ prompt }) => `${prompt.phrasing} ${prompt.words[prompt.deciding]}`));
  assert.is(sayings.size, split.seen.length);
});

test("names come in both orders, who gives is the first or the second as often, and every name is an answer about as often", () => {
  const gifts = sample.filter(({ prompt }) => prompt.kind === "ioi");
  const second = ({ prompt }: Sentence) => prompt.words.indexOf(prompt.words.findLast(isName) ?? "") < prompt.deciding;
  isAbout(shareOf(second, gifts), 0.5);
  const inOrder = ({ prompt }: Sentence) => {
    const [one = "", other = ""] = prompt.words.filter(isName);
    return one < other;
  };
  isAbout(shareOf(inOrder, gifts), 0.5);
  const answers = new Map<string, number>();
  for (const { prompt } of gifts) answers.set(prompt.answer, (answers.get(prompt.answer) ?? 0) + 1);
  const even = gifts.length / world.people.length;
  assert.is(answers.size, world.people.length);
  for (const count of answers.values()) assert.ok(count > even / 2 && count < 2 * even, `${count} of ${even}`);
});

const isName = (word: string): boolean => world.people.some(({ name }) => name === word);

test("blocks have all lengths, and any of their words but the first and the last is the last one read", () => {
  const copies = sample.filter(({ prompt }) => prompt.kind === "copy");
  const whole = ({ prompt, rest }: Sentence) => (prompt.words.length + 1 + rest.length) / 2;
  assert.equal(
    [...new Set(copies.map(whole))].sort((a, b) => a - b),
    [4, 5, 6, 7, 8, 9, 10, 11, 12],
  );
  isAbout(
    shareOf((copy) => whole(copy) === 12, copies),
    1 / 9,
  );
  assert.ok(copies.every((copy) => copy.prompt.deciding >= 2 && copy.prompt.deciding < whole(copy)));
});

test("a document says at which of its tokens the world leaves no choice", () => {
  const [gift] = sample.filter(({ prompt }) => prompt.kind === "ioi");
  const [copy] = sample.filter(({ prompt }) => prompt.kind === "copy");
  const told = documentOf(vocabulary, gift!);
  assert.is(told.ids[0], 0);
  assert.is(vocabulary.words[told.ids[told.asked.indexOf(1)]!], gift!.prompt.answer);
  assert.is(told.asked.filter(Boolean).length, 1);
  const { ids, asked } = documentOf(vocabulary, copy!);
  const size = (ids.length - 1) / 2;
  assert.equal(asked, [...Array(size + 2).fill(0), ...Array(size - 1).fill(1)]);
  assert.equal(ids.slice(1, size + 1), ids.slice(size + 1));
});

test("a stream is whole documents, which begin where it says", () => {
  const next = trainingSentences(world, split, 3);
  const { ids, asked, starts } = streamOf(() => documentOf(vocabulary, next()), 5000);
  assert.ok(ids.length >= 5000 && ids.length < 5030);
  assert.equal(
    ids.flatMap((id, i) => (id === 0 ? [i] : [])),
    starts,
  );
  assert.is(asked.length, ids.length);
  const told = sample.slice(0, starts.length).map((sentence) => documentOf(vocabulary, sentence));
  assert.equal(
    ids,
    told.flatMap((document) => document.ids),
  );
});

test("a row of a batch begins with a beginning, and its targets are what follows", () => {
  const next = trainingSentences(world, split, 3);
  const { tokens, targets, asked } = batchOf(() => documentOf(vocabulary, next()), 4, 48);
  assert.equal([tokens.length, targets.length, asked.length], [4 * 48, 4 * 48, 4 * 48]);
  for (let row = 0; row < 4; row++) {
    const at = row * 48;
    assert.is(tokens[at], 0);
    assert.equal(targets.slice(at, at + 47), tokens.slice(at + 1, at + 48));
  }
  const first = documentOf(vocabulary, sample[0]!);
  assert.equal([...tokens.slice(0, first.ids.length)], first.ids);
  assert.equal([...asked.slice(0, first.ids.length - 1)], first.asked.slice(1));
});

test.run();
