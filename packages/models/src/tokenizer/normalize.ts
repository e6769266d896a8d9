// Where in the text does each character of its normalised form come from? The library normalises whole strings and
// keeps no alignment; here each normaliser is applied with one, as the reference implementation counts: a character
// that was inserted belongs to its neighbour, one that was composed to the first of those it is made of.
// Source: github.com/huggingface/tokenizers, tokenizer/normalizer.rs.
import type { Normalizer } from "./library.ts";

/** One character (code point) of normalised text; `start` and `end` in UTF-16 code units of the text as given. */
export type Char = { readonly char: string; readonly start: number; readonly end: number };

/** The characters of `text`, which begins at `offset`. */
export const charsOf = (text: string, offset: number): readonly Char[] => {
  let at = offset;
  return Array.from(text, (char) => {
    const start = at;
    at += char.length;
    return { char, start, end: at };
  });
};

export const textOf = (chars: readonly Char[]): string => chars.map(({ char }) => char).join("");

const placed = (text: string, { start, end }: Char): readonly Char[] =>
  Array.from(text, (char) => ({ char, start, end }));

const prepend = (prefix: string, chars: readonly Char[]): readonly Char[] => {
  const first = chars[0];
  return first === undefined ? [] : [...placed(prefix, first), ...chars];
};

/** `chars` without those of the first `units` UTF-16 code units. */
const dropUnits = (chars: readonly Char[], units: number): readonly Char[] => {
  let left = units;
  const kept = chars.findIndex(({ char }) => {
    left -= char.length;
    return left < 0;
  });
  return kept < 0 ? [] : chars.slice(kept);
};

const strip = (left: boolean, right: boolean, chars: readonly Char[]): readonly Char[] => {
  const text = textOf(chars);
  const trimmed = right ? text.trimEnd() : text;
  const kept = chars.slice(0, Array.from(trimmed).length);
  return left ? dropUnits(kept, trimmed.length - trimmed.trimStart().length) : kept;
};

/** Characters of `chars` from UTF-16 position `from` to `to` of their text. */
const within = (
  chars: readonly Char[],
  positions: ReadonlyMap<number, number>,
  from: number,
  to: number,
): readonly Char[] => chars.slice(positions.get(from) ?? 0, positions.get(to) ?? chars.length);

/** UTF-16 position in the text of `chars` → index in `chars`. */
const positionsOf = (chars: readonly Char[]): ReadonlyMap<number, number> => {
  const positions = new Map<number, number>();
  let at = 0;
  chars.forEach(({ char }, i) => {
    positions.set(at, i);
    at += char.length;
  });
  return positions.set(at, chars.length);
};

/** What replaces a match belongs to the last character of it. */
const replace = (pattern: RegExp, content: string, chars: readonly Char[]): readonly Char[] => {
  const positions = positionsOf(chars);
  const parts: (readonly Char[])[] = [];
  let done = 0;
  for (const match of textOf(chars).matchAll(pattern)) {
    const end = match.index + match[0].length;
    const last = within(chars, positions, match.index, end).at(-1);
    parts.push(within(chars, positions, done, match.index), last === undefined ? [] : placed(content, last));
    done = end;
  }
  return [...parts, within(chars, positions, done, Number.POSITIVE_INFINITY)].flat();
};

/** Combining marks and the later letters of a Hangul syllable: what composes with the character before it. */
const COMBINES = /[\p{M}\u1160-\u11FF\uD7B0-\uD7FB]/u;

/** Runs of characters that can be normalised apart from each other. */
const runsOf = (chars: readonly Char[]): readonly (readonly Char[])[] => {
  const runs: Char[][] = [];
  for (const char of chars) {
    const run = runs.at(-1);
    if (run !== undefined && COMBINES.test(char.char)) run.push(char);
    else runs.push([char]);
  }
  return runs;
};

/** Characters that are found again, in order, are themselves; the others take the place of the next one. */
const matchUp = (text: string, chars: readonly Char[]): readonly Char[] => {
  let at = 0;
  return Array.from(text, (char) => {
    const found = chars.findIndex((c, i) => i >= at && c.char === char);
    const from = chars[Math.min(found < 0 ? at : found, chars.length - 1)];
    at = found < 0 ? at + 1 : found + 1;
    return { char, start: from?.start ?? 0, end: from?.end ?? 0 };
  });
};

const commonPrefix = (a: readonly string[], b: readonly string[]): number => {
  const most = Math.min(a.length, b.length);
  for (let i = 0; i < most; i++) if (a[i] !== b[i]) return i;
  return most;
};

/**
 * For a normaliser that looks at the whole text: as many characters are the same ones; otherwise equal ends are kept,
 * and what is between belongs to all between.
 */
const bracket = (text: string, chars: readonly Char[]): readonly Char[] => {
  const to = Array.from(text);
  if (to.length === chars.length) return chars.map((char, i) => ({ ...char, char: to[i] ?? "" }));
  const from = chars.map(({ char }) => char);
  const head = commonPrefix(to, from);
  const tail = commonPrefix(to.slice(head).reverse(), from.slice(head).reverse());
  const middle = chars.slice(head, chars.length - tail);
  const around = middle.length > 0 ? middle : chars.slice(Math.max(0, head - 1), head + 1);
  const range = { start: around[0]?.start ?? 0, end: around.at(-1)?.end ?? 0 };
  const between = to.slice(head, to.length - tail).map((char) => ({ char, ...range }));
  return [...chars.slice(0, head), ...between, ...chars.slice(chars.length - tail)];
};

const byRuns = (normalizer: Normalizer, chars: readonly Char[]): readonly Char[] => {
  const whole = normalizer.normalize(textOf(chars));
  const aligned = runsOf(chars).flatMap((run) => matchUp(normalizer.normalize(textOf(run)), run));
  return textOf(aligned) === whole ? aligned : bracket(whole, chars);
};

/** `chars` normalised as the library does, each character with its range in the text as given. */
export const normalize = (normalizer: Normalizer | null, chars: readonly Char[]): readonly Char[] => {
  if (normalizer === null || chars.length === 0) return chars;
  const { config, normalizers, pattern } = normalizer;
  if (normalizers !== undefined) {
    return normalizers.reduce((done: readonly Char[], next) => normalize(next, done), chars);
  }
  if (config.type === "Prepend") return prepend(config.prepend ?? "", chars);
  if (config.type === "Strip") return strip(config.strip_left === true, config.strip_right === true, chars);
  if (config.type === "Replace" && pattern) return replace(pattern, config.content ?? "", chars);
  return byRuns(normalizer, chars);
};
