import { test } from "uvu";
import * as assert from "uvu/assert";
import { heldOutPrompts, pairKey, pairsOf, runKey, type Saying, splitOf } from "../held-out.ts";
import { factPhrasings } from "../phrasings.ts";
import { factSentence } from "../prompts.ts";
import { documentOf, streamOf, trainingSentences } from "../sentences.ts";
import { vocabularyOf } from "../vocabulary.ts";
import { factsOf, worldOf } from "../world.ts";

const world = worldOf(1);
const split = splitOf(world);
const vocabulary = vocabularyOf(world);
const names = world.people.map(({ name }) => name);

/** The words of each document in a long stream of training, cut at its beginnings. */
const documents = (): readonly (readonly string[])[] => {
  const next = trainingSentences(world, split, 7);
  const { ids, starts } = streamOf(() => documentOf(vocabulary, next()), 400_000);
  const words = ids.map((id) => vocabulary.words[id] as string);
  return starts.map((start, i) => words.slice(start + 1, starts[i + 1] ?? words.length));
};

const trained = documents();

const key = ({ fact, phrasing }: Saying): string => `${phrasing.id} ${fact.subject}`;

const countBy = (sayings: readonly Saying[], of: (saying: Saying) => string): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const saying of sayings) counts.set(of(saying), (counts.get(of(saying)) ?? 0) + 1);
  return counts;
};

test("a world has one split, and another world another one", () => {
  assert.equal(splitOf(world), split);
  assert.not.equal(splitOf(worldOf(2)).pairs, split.pairs);
});

test("every fact in every phrasing is either seen or held out", () => {
  const all = factsOf(world).flatMap((fact) => factPhrasings[fact.relation].map((phrasing) => ({ fact, phrasing })));
  assert.equal([split.seen.length, split.held.length], [1032, 144]);
  assert.equal([...split.seen, ...split.held].map(key).sort(), all.map(key).sort());
});

test("a fact held out in one phrasing is seen in all of its others, and a phrasing in most of the facts", () => {
  const seenOf = countBy(split.seen, ({ fact }) => `${fact.relation} ${fact.subject}`);
  const seenIn = countBy(split.seen, ({ phrasing }) => phrasing.id);
  const heldIn = countBy(split.held, ({ phrasing }) => phrasing.id);
  for (const { fact } of split.held)
    assert.is(seenOf.get(`${fact.relation} ${fact.subject}`), factPhrasings[fact.relation].length - 1);
  for (const { id } of Object.values(factPhrasings).flat()) {
    assert.ok((heldIn.get(id) ?? 0) >= 2, id);
    assert.ok((seenIn.get(id) ?? 0) > 4 * (heldIn.get(id) ?? 0), id);
  }
});

test("held pairs and runs are the shares that they should be, of things that exist", () => {
  const pairs = new Set(pairsOf(world).map(([a, b]) => pairKey(a, b)));
  assert.is(pairs.size, (48 * 47) / 2);
  assert.is(split.pairs.size, 113);
  assert.ok([...split.pairs].every((pair) => pairs.has(pair)));
  assert.is(split.runs.size, Math.round((42 * 41 * 40) / 20));
  for (const run of split.runs) assert.is(new Set(run.split(" ")).size, 3);
  assert.is(pairKey("Mary", "John"), pairKey("John", "Mary"));
});

test("no document of training says what is held out, to whomever", () => {
  const held = new Set(
    split.held.flatMap(({ fact, phrasing }) => names.map((name) => factSentence(phrasing, fact, name).prompt.text)),
  );
  const beginnings = trained.flatMap((words) => words.map((_, i) => words.slice(0, i + 1).join(" ")));
  assert.ok(trained.length > 20_000);
  assert.equal(
    beginnings.filter((beginning) => held.has(beginning)),
    [],
  );
});

test("no document of training has two names that are kept apart", () => {
  const people = new Set(names);
  const met = trained.map((words) => [...new Set(words.filter((word) => people.has(word)))]);
  assert.ok(met.every(({ length }) => length <= 2));
  const pairs = new Set(met.flatMap(([a, b]) => (a === undefined || b === undefined ? [] : [pairKey(a, b)])));
  assert.equal(
    [...pairs].filter((pair) => split.pairs.has(pair)),
    [],
  );
  assert.is(pairs.size, pairsOf(world).length - split.pairs.size); // and all others do meet
});

test("no document of training has a run of three that is held out", () => {
  const runs = trained.flatMap((words) =>
    words.slice(2).map((word, i) => runKey(words[i] as string, words[i + 1] as string, word)),
  );
  assert.equal(
    runs.filter((run) => split.runs.has(run)),
    [],
  );
});

test("every symbol stands before every other one in training: a held-out run is new, its neighbours are not", () => {
  const symbols = new Set(world.symbols);
  const neighbours = new Set(
    trained.flatMap((words) =>
      words
        .slice(1)
        .flatMap((word, i) => (symbols.has(word) && symbols.has(words[i] ?? "") ? `${words[i]} ${word}` : [])),
    ),
  );
  assert.is(neighbours.size, 42 * 41);
});

test("held-out prompts are of what is held out, and the same for a seed", () => {
  const prompts = heldOutPrompts(world, split, 5, 300);
  assert.equal(heldOutPrompts(world, split, 5, 300), prompts);
  assert.not.equal(heldOutPrompts(world, split, 6, 300).ioi, prompts.ioi);
  assert.equal([prompts.fact.length, prompts.ioi.length, prompts.copy.length], [split.held.length, 300, 300]);
  for (const { words, answer } of prompts.ioi) {
    const [other = ""] = words.filter((word) => names.includes(word) && word !== answer);
    assert.ok(split.pairs.has(pairKey(other, answer)), words.join(" "));
  }
  for (const { words, answer } of prompts.copy)
    assert.ok(split.runs.has(runKey(words.at(-2) ?? "", words.at(-1) ?? "", answer)), words.join(" "));
  const texts = new Set(trained.flatMap((words) => words.map((_, i) => words.slice(0, i + 1).join(" "))));
  for (const { text } of Object.values(prompts).flat()) assert.not(texts.has(text), text);
});

test.run();
