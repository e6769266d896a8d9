// Which parts of a text are added tokens (`<|im_start|>` written out), and which are text? They are cut out before anything
// else, longest first. The library does so, too, but does not say where they were, knows no single words, and has no way to
// leave special tokens in the text.
// Source: github.com/huggingface/tokenizers, tokenizer/added_vocabulary.rs, find_matches().
import type { Normalizer } from "./library.ts";
import { type Char, charsOf, normalize, textOf } from "./normalize.ts";
import { type SplitSpecialTokens, splitsIn, type TextRange } from "./plain.ts";

/** An added token as tokenizer.json lists it. */
export type AddedToken = {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  /** It is looked for in the normalised text. */
  readonly normalized: boolean;
  /** Only where no word goes on at its ends. */
  readonly singleWord: boolean;
  /** With the spaces before it. */
  readonly lstrip: boolean;
  /** With the spaces behind it. */
  readonly rstrip: boolean;
};

/** A run of characters; `added` holds the content if they are an added token. */
export type Section = { readonly chars: readonly Char[]; readonly added?: string };

/** An added token by the text that is looked for. */
type Wanted = { readonly content: string; readonly token: AddedToken };

/** By their first UTF-16 unit, longest first. */
type Lookup = ReadonlyMap<string, readonly Wanted[]>;

const lookupOf = (wanted: readonly Wanted[]): Lookup => {
  const byFirst = new Map<string, Wanted[]>();
  for (const one of [...wanted].sort((a, b) => b.content.length - a.content.length)) {
    const first = one.content[0];
    if (first !== undefined) byFirst.set(first, [...(byFirst.get(first) ?? []), one]);
  }
  return byFirst;
};

const isWord = (char: Char | undefined): boolean => char !== undefined && /^[\p{L}\p{M}\p{N}\p{Pc}]/u.test(char.char);
const isSpace = (char: Char | undefined): boolean => char !== undefined && /^\s/.test(char.char);

/** A match: indices of characters. */
type Match = { readonly token: AddedToken; readonly from: number; readonly to: number };

/** With the spaces that are the token's, but for those of the section before, which ends at `after`. */
const stripped = (chars: readonly Char[], { token, from, to }: Match, after: number): Match => {
  let [start, end] = [from, to];
  while (token.lstrip && start > after && isSpace(chars[start - 1])) start--;
  while (token.rstrip && isSpace(chars[end])) end++;
  return { token, from: start, to: end };
};

/** `chars` in sections. Contents are whole characters themselves. */
const split = (chars: readonly Char[], lookup: Lookup, isText: IsText): readonly Section[] => {
  const text = textOf(chars);
  const sections: Section[] = [];
  let done = 0; // characters in sections
  let unit = 0; // UTF-16 position of character `at`
  for (let at = 0; at < chars.length; ) {
    const found = lookup.get(text[unit] as string)?.find(({ content }) => text.startsWith(content, unit));
    const to = at + (found === undefined ? 1 : Array.from(found.content).length);
    const match = found && { token: found.token, from: at, to };
    if (match !== undefined && isToken(chars, match, isText)) {
      const { from, to: end } = stripped(chars, match, done);
      sections.push({ chars: chars.slice(done, from) }, { chars: chars.slice(from, end), added: found?.content ?? "" });
      done = end;
    }
    // What is found is passed over, token or not: so does the reference.
    for (const next = Math.max(to, done); at < next; at++) unit += chars[at]?.char.length ?? 0;
  }
  return [...sections, { chars: chars.slice(done) }].filter((section) => section.chars.length > 0);
};

/** Whether special tokens are plain text in a range. */
type IsText = (range: TextRange) => boolean;

const isToken = (chars: readonly Char[], { token, from, to }: Match, isText: IsText): boolean => {
  const [first, last] = [chars[from], chars[to - 1]];
  if (first === undefined || last === undefined) return false;
  if (token.special && isText({ start: first.start, end: last.end })) return false;
  return !(token.singleWord && (isWord(chars[from - 1]) || isWord(chars[to])));
};

export type Splitter = (text: string, splits?: SplitSpecialTokens) => readonly Section[];

/** Cuts a text as the reference does: added tokens of the raw text, then normalises, then those of the normalised text. */
export const splitter = (added: readonly AddedToken[], normalizer: Normalizer | null): Splitter => {
  const late = normalizer === null ? [] : added.filter(({ normalized }) => normalized);
  const early = added.filter((token) => !late.includes(token));
  const raw = lookupOf(early.map((token) => ({ content: token.content, token })));
  const normal = lookupOf(
    late.map((token) => ({ content: normalizer?.normalize(token.content) ?? token.content, token })),
  );
  return (text, splits = false) => {
    const isText = splitsIn(splits);
    return split(charsOf(text, 0), raw, isText).flatMap((section) =>
      section.added === undefined ? split(normalize(normalizer, section.chars), normal, isText) : [section],
    );
  };
};
