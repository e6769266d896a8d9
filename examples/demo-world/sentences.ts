// What is a model trained on? An endless run of documents, one sentence each, as token ids: a beginning, then words.
// None of them holds what held-out.ts keeps back. Batches are rows of such documents, one after the other.
import { BLOCK, giftBetween, pairKey, pairsOf, runKey, type Split } from "./held-out.ts";
import { copySentence, factSentence, type Kind, type Sentence } from "./prompts.ts";
import { between, pick, type Random, randomOf, some } from "./random.ts";
import { idsOf, type Vocabulary } from "./vocabulary.ts";
import type { World } from "./world.ts";

/** How often each kind comes, in parts of their sum. */
export type Mix = Readonly<Record<Kind, number>>;

const evenly: Mix = { fact: 4, ioi: 3, copy: 3 };

/** Whether three neighbours of `words` are a run that is kept back. */
const holdsRun = (words: readonly string[], { runs }: Split): boolean =>
  words.some((word, i) => runs.has(runKey(words[i - 2] ?? "", words[i - 1] ?? "", word)));

/** A block that can stand twice in a row without a run that is kept back. */
const blockOf = (random: Random, symbols: readonly string[], split: Split): readonly string[] => {
  const size = between(random, BLOCK.least, BLOCK.most);
  for (;;) {
    const block = some(random, size, symbols);
    if (!holdsRun([...block, ...block], split)) return block;
  }
};

const kindOf = (random: Random, mix: Mix): Kind => {
  let left = random() * (mix.fact + mix.ioi + mix.copy);
  for (const kind of ["fact", "ioi"] as const) {
    left -= mix[kind];
    if (left < 0) return kind;
  }
  return "copy";
};

/** The sentences of training, one a call; their prompts are those that were seen. */
export const trainingSentences = (world: World, split: Split, seed: number, mix: Mix = evenly): (() => Sentence) => {
  const random = randomOf(seed);
  const names = world.people.map(({ name }) => name);
  const pairs = pairsOf(world).filter(([a, b]) => !split.pairs.has(pairKey(a, b)));
  const makers: Readonly<Record<Kind, () => Sentence>> = {
    fact: () => {
      const { fact, phrasing } = pick(random, split.seen);
      return factSentence(phrasing, fact, pick(random, names));
    },
    ioi: () => giftBetween(random, world, pick(random, pairs)),
    copy: () => {
      const block = blockOf(random, world.symbols, split);
      return copySentence(block, between(random, 1, block.length - 2));
    },
  };
  return () => makers[kindOf(random, mix)]();
};

/** `asked[i]` is 1 where token i is an answer: the one that what comes before leaves. */
export type Document = { readonly ids: readonly number[]; readonly asked: readonly (0 | 1)[] };

/** A beginning, the prompt, its answer and the rest. A copy asks for every word of its second time but the first. */
export const documentOf = (vocabulary: Vocabulary, { prompt, rest }: Sentence): Document => {
  const ids = idsOf(vocabulary, [...prompt.words, prompt.answer, ...rest]);
  const answerAt = 1 + prompt.words.length;
  const block = (ids.length - 1) / 2;
  const isAsked = (i: number): boolean => (prompt.kind === "copy" ? i > block + 1 : i === answerAt);
  return { ids, asked: ids.map((_, i) => (isAsked(i) ? 1 : 0)) };
};

/** Documents one after the other: `starts` are the places of their beginnings. */
export type Stream = {
  readonly ids: readonly number[];
  readonly asked: readonly (0 | 1)[];
  readonly starts: readonly number[];
};

/** Whole documents, until there are at least `least` ids. */
export const streamOf = (next: () => Document, least: number): Stream => {
  const ids: number[] = [];
  const asked: (0 | 1)[] = [];
  const starts: number[] = [];
  while (ids.length < least) {
    const document = next();
    starts.push(ids.length);
    ids.push(...document.ids);
    asked.push(...document.asked);
  }
  return { ids, asked, starts };
};

/** Row after row, `length` each: `targets` are the ids that follow `tokens`, and `asked` marks their answers. */
export type Batch = {
  readonly rows: number;
  readonly length: number;
  readonly tokens: Int32Array;
  readonly targets: Int32Array;
  readonly asked: Uint8Array;
};

/** Each row begins with a beginning, as a prompt does; its last document is cut where the row ends. */
export const batchOf = (next: () => Document, rows: number, length: number): Batch => {
  const streams = Array.from({ length: rows }, () => streamOf(next, length + 1));
  return {
    rows,
    length,
    tokens: Int32Array.from(streams.flatMap(({ ids }) => ids.slice(0, length))),
    targets: Int32Array.from(streams.flatMap(({ ids }) => ids.slice(1, length + 1))),
    asked: Uint8Array.from(streams.flatMap(({ asked }) => asked.slice(1, length + 1))),
  };
};
