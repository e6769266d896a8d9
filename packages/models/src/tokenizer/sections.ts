// Which parts of a text are added tokens (`<|im_start|>` written out), and which are text? The library cuts them out
// before anything else, longest first; the same is done here, to know where they were.
import type { Normalizer } from "./library.ts";
import { type Char, charsOf, normalize } from "./normalize.ts";

/** An added token as tokenizer.json lists it. */
export type AddedToken = {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  /** It is looked for in the normalised text. */
  readonly normalized: boolean;
};

/** A run of characters; `added` holds the content if they are an added token. */
export type Section = { readonly chars: readonly Char[]; readonly added?: string };

type Cut = { readonly from: number; readonly to: number; readonly content: string };

/** Contents by their first UTF-16 unit, longest first. */
type Lookup = ReadonlyMap<string, readonly string[]>;

const lookupOf = (contents: readonly string[]): Lookup => {
  const byFirst = new Map<string, string[]>();
  for (const content of [...contents].sort((a, b) => b.length - a.length)) {
    const first = content[0];
    if (first !== undefined) byFirst.set(first, [...(byFirst.get(first) ?? []), content]);
  }
  return byFirst;
};

const cutsIn = (text: string, lookup: Lookup): readonly Cut[] => {
  const cuts: Cut[] = [];
  for (let at = 0; at < text.length; ) {
    const content = lookup.get(text[at] as string)?.find((candidate) => text.startsWith(candidate, at));
    if (content !== undefined) cuts.push({ from: at, to: at + content.length, content });
    at += content?.length ?? 1;
  }
  return cuts;
};

/** `chars` in sections. A cut is at a boundary of characters: contents are whole characters themselves. */
const split = (chars: readonly Char[], lookup: Lookup): readonly Section[] => {
  const cuts = cutsIn(chars.map(({ char }) => char).join(""), lookup);
  const sections: Section[] = [];
  let at = 0; // index in chars
  let unit = 0; // UTF-16 position of it
  const take = (until: number): readonly Char[] => {
    const from = at;
    while (at < chars.length && unit < until) unit += chars[at++]?.char.length ?? 0;
    return chars.slice(from, at);
  };
  for (const { from, to, content } of cuts) {
    sections.push({ chars: take(from) }, { chars: take(to), added: content });
  }
  return [...sections, { chars: take(Number.POSITIVE_INFINITY) }].filter((s) => s.chars.length > 0);
};

export type Splitter = (text: string) => readonly Section[];

/** Cuts a text as the library does: added tokens of the raw text, then normalises, then those of the normalised text. */
export const splitter = (added: readonly AddedToken[], normalizer: Normalizer | null): Splitter => {
  const late = normalizer === null ? [] : added.filter(({ normalized }) => normalized);
  const raw = lookupOf(added.filter((token) => !late.includes(token)).map(({ content }) => content));
  const normal = lookupOf(late.map(({ content }) => normalizer?.normalize(content) ?? content));
  return (text) =>
    split(charsOf(text, 0), raw).flatMap((section) =>
      section.added === undefined ? split(normalize(normalizer, section.chars), normal) : [section],
    );
};
