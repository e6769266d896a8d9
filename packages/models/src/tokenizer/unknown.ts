// What is said of a word that a vocabulary of whole words lacks? Where it is, and which words are near it: an unknown
// token in its place would stand for anything, and what is computed of it explains nothing.
import { type Fault, fault } from "@depass/graph";
import { describe, list } from "../describe.ts";
import type { Range } from "./ranges.ts";

/** The next row of Levenshtein's table: distances of `a` with one more letter to every beginning of `b`. */
const nextRow = (row: readonly number[], letter: string, b: readonly string[]): readonly number[] => {
  const next = [(row[0] ?? 0) + 1];
  b.forEach((other, j) => {
    const changed = (row[j] ?? 0) + (letter === other ? 0 : 1);
    next.push(Math.min(changed, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
  });
  return next;
};

/** Letters to insert, remove or change to make one word of the other (Levenshtein). */
export const distance = (a: string, b: string): number => {
  const letters = Array.from(b);
  const first = Array.from({ length: letters.length + 1 }, (_, j) => j);
  return (
    Array.from(a)
      .reduce<readonly number[]>((row, letter) => nextRow(row, letter, letters), first)
      .at(-1) ?? 0
  );
};

const MOST = 3; // words to choose from; more is a list, not a hint

/** The words nearest to `word`, nearest first, then in the order given: at most half of its letters apart. */
export const near = (word: string, words: readonly string[]): readonly string[] => {
  const farthest = Math.floor(word.length / 2);
  return words
    .filter((other) => Math.abs(other.length - word.length) <= farthest)
    .map((other) => ({ other, far: distance(word, other) }))
    .filter(({ far }) => far <= farthest)
    .sort((a, b) => a.far - b.far)
    .slice(0, MOST)
    .map(({ other }) => other);
};

/** A fault for a range of `text` (UTF-16 units, counted from 0) which is, normalised, a `word` that `words` lack. */
export const unknownWord = (text: string, { start, end }: Range, word: string, words: readonly string[]): Fault => {
  const others = near(word, words);
  return fault(
    "tokenizer",
    `text ${describe(text)} at characters ${start} to ${end}`,
    "a word of the vocabulary",
    describe(text.slice(start, end)),
    others.length > 0
      ? `near it: ${list(others.map(describe))}`
      : `none of the ${words.length} words is near it, see the vocabulary in tokenizer.json`,
  );
};
