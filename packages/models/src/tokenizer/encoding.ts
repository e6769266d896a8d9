// Which tokens is a text, and where is each in it? The library gives the ids, ranges.ts their characters; here they
// become one value, with what the tokenizer puts around a text and where the reference leaves spaces out of a range.
import { type Fault, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { describe } from "../describe.ts";
import { pieceBytes, readable } from "./bytes.ts";
import { type Around, attempt, type Library } from "./library.ts";
import { textOf } from "./normalize.ts";
import type { SplitSpecialTokens } from "./plain.ts";
import { addedPiece, knownPiece, type Piece, rangesOf, streamOf } from "./ranges.ts";
import type { AddedToken, Section, Splitter } from "./sections.ts";
import type { TokenizerSettings, Trim } from "./settings.ts";
import { unknownWord } from "./unknown.ts";

type Result<A> = E.Either<readonly Fault[], A>;

export type Token = {
  readonly id: number;
  /** As a person reads it; a byte that is no whole character is written `<0xE6>`. */
  readonly text: string;
  /** Its characters: UTF-16 code units `start` to `end` of the text. Pieces of one character share its range. */
  readonly start: number;
  readonly end: number;
  /** False for a token that holds a part of a character: show it joined with its neighbours of that range. */
  readonly whole: boolean;
  /** An id with a meaning of its own, such as a beginning or an end. */
  readonly special: boolean;
  /** `tokenizer`: put there by the tokenizer, not by the text. */
  readonly origin: "text" | "tokenizer";
};

/** A text and what it became. `ids` are those of `tokens`, in order. */
export type Encoding = {
  readonly text: string;
  readonly ids: readonly number[];
  readonly tokens: readonly Token[];
};

/** What a tokenizer is made of, computed once. */
export type Loaded = {
  /** Its file, for faults. */
  readonly where: string;
  readonly library: Library;
  readonly settings: TokenizerSettings;
  /** By the names that the library may give them: as written, and as normalised. */
  readonly added: ReadonlyMap<string, AddedToken>;
  readonly special: ReadonlySet<number>;
  readonly split: Splitter;
  readonly around: Around;
};

/** A vocabulary entry as a person reads it. */
export const readName = ({ added, settings }: Loaded, name: string): string =>
  added.get(name)?.content ?? readable(pieceBytes(name, settings.spelling));

const pieceOf = ({ added, settings, library }: Loaded, name: string, id: number): Piece => {
  const { unk_token_id: unknownId, unk_token: unknownName } = library.model;
  // BPE gives the name of the unknown token, Unigram the characters that are unknown.
  if (id === unknownId && name === unknownName) return { unknown: true };
  return added.has(name) ? addedPiece(name, settings.spelling) : knownPiece(name, settings.spelling);
};

const leadingSpaces = (name: string): number => /^Ġ*/.exec(name)?.[0].length ?? 0;
const trailingSpaces = (name: string): number => /Ġ*$/.exec(name)?.[0].length ?? 0;

/** Spaces at both ends are left out, but for the one that a tokenizer may have put before the text. */
const trimmed = (token: Token, name: string, { keepsAddedSpace }: Trim): Token => {
  const leading = leadingSpaces(name);
  const kept = leading > 0 && keepsAddedSpace && token.start === 0 ? leading - 1 : leading;
  const start = Math.min(token.start + kept, token.end);
  return { ...token, start, end: Math.max(token.end - trailingSpaces(name), start) };
};

type Named = { readonly name: string; readonly id: number };

const align = (loaded: Loaded, sections: readonly Section[], named: readonly Named[]): readonly Token[] => {
  const { settings, special } = loaded;
  const pieces = named.map(({ name, id }) => pieceOf(loaded, name, id));
  const ranges = rangesOf(pieces, streamOf(sections, settings.spelling));
  return ranges.flatMap((range, i) => {
    const { name, id } = named[i] as Named;
    const token: Token = { id, text: readName(loaded, name), ...range, special: special.has(id), origin: "text" };
    return [settings.trim === undefined || loaded.added.has(name) ? token : trimmed(token, name, settings.trim)];
  });
};

/** A fault for each of `found` that has no id: a word with its place, or the text they are in. */
const lostOf = (
  { library, settings, where }: Loaded,
  text: string,
  sections: readonly Section[],
  found: readonly Found[],
): readonly Fault[] => {
  if (!settings.closed)
    return [fault("tokenizer", where, "a token for every character", `none for some of ${describe(text)}`)];
  const words = library.model.vocab.filter((word) => word !== undefined);
  const pieces = found.map(({ name }) => knownPiece(name, settings.spelling));
  return rangesOf(pieces, streamOf(sections, settings.spelling)).flatMap((range, i) => {
    const { name, id } = found[i] as Found;
    return id === undefined ? [unknownWord(text, range, name, words)] : [];
  });
};

/** Ten times what a tokenizer takes on a slow machine. */
const secondsFor = (text: string): number => 3 + Math.ceil(text.length / 10_000);

/** A piece of a section; without an id where there is no token for it. */
type Found = { readonly name: string; readonly id: number | undefined };

const foundIn = ({ library, added }: Loaded, { chars, added: content }: Section): readonly Found[] => {
  if (content !== undefined) return [{ name: content, id: added.get(content)?.id }];
  const text = textOf(chars);
  const section_index = chars[0]?.start === 0 ? 0 : 1; // all that is asked of it is whether it is the first
  const words = library.pre_tokenizer === null ? [text] : library.pre_tokenizer(text, { section_index });
  const { unk_token_id: unknown } = library.model;
  return library.model(words).map((name) => ({ name, id: library.token_to_id(name) ?? unknown }));
};

/** A vocabulary may have a special token as a piece of text, too: then there is no other reading of it. */
const leakOf = (loaded: Loaded, { added: content }: Section, found: readonly Found[]): readonly Fault[] => {
  const { special, library, where } = loaded;
  const leak = found.find(({ id }) => id !== undefined && special.has(id) && id !== library.model.unk_token_id);
  if (content !== undefined || leak === undefined) return [];
  const got = `the token itself for ${describe(readName(loaded, leak.name))}`;
  return [fault("tokenizer", where, "ordinary tokens for special ones in the text", got, "take it out of the text")];
};

type Pieces = { readonly sections: readonly Section[]; readonly named: readonly Named[] };

const piecesOf = (loaded: Loaded, text: string, splits: SplitSpecialTokens): Result<Pieces> =>
  pipe(
    attempt(
      loaded.where,
      "to encode the text",
      () => loaded.split(text, splits).map((section) => ({ section, found: foundIn(loaded, section) })),
      secondsFor(text),
    ),
    E.flatMap((each) => {
      const [sections, all] = [each.map(({ section }) => section), each.flatMap(({ found }) => found)];
      const named = all.flatMap(({ name, id }) => (id === undefined ? [] : [{ name, id }]));
      const leaks = splits === false ? [] : each.flatMap(({ section, found }) => leakOf(loaded, section, found));
      if (named.length < all.length) return E.left(lostOf(loaded, text, sections, all));
      return leaks.length > 0 ? E.left(leaks.slice(0, MOST_LEAKS)) : E.right({ sections, named });
    }),
  );

const MOST_LEAKS = 3; // one line each

const put = (loaded: Loaded, ids: readonly number[], at: number): readonly Token[] =>
  ids.map((id) => {
    const text = readName(loaded, loaded.library.model.vocab[id] ?? "");
    return { id, text, start: at, end: at, whole: true, special: true, origin: "tokenizer" };
  });

/** Whether `own` begins, or ends, with `ids` already. */
const hasAt = (own: readonly Token[], ids: readonly number[], at: number): boolean =>
  ids.every((id, i) => own[at + i]?.id === id);

/** What the tokenizer puts around a text; `once`: not where the text has it, so that there are never two of one. */
const around = (loaded: Loaded, { length }: string, own: readonly Token[], special: boolean | "once") => {
  const { before, after } = loaded.around;
  const once = special === "once";
  return {
    before: special && !(once && hasAt(own, before, 0)) ? put(loaded, before, 0) : [],
    after: special && !(once && hasAt(own, after, own.length - after.length)) ? put(loaded, after, length) : [],
  };
};

export type EncodeOptions = {
  /**
   * With what the tokenizer puts around a text, as the reference does it; `once`: where the text does not have it already (a
   * chat template writes its BOS). Each token's `origin` says which.
   */
  readonly special: boolean | "once";
  /** Where special tokens that the text spells are read as plain text, as by transformers' `split_special_tokens`. Default: nowhere. */
  readonly splitSpecialTokens?: SplitSpecialTokens;
};

/** The encoding of `text`; with `special`, what the tokenizer puts around a text is part of it, with empty ranges. */
export const encode = (
  loaded: Loaded,
  text: string,
  { special, splitSpecialTokens = false }: EncodeOptions,
): Result<Encoding> =>
  pipe(
    piecesOf(loaded, text, splitSpecialTokens),
    E.flatMap(({ sections, named }) =>
      attempt(
        loaded.where,
        "to find the characters of each token",
        () => align(loaded, sections, named),
        secondsFor(text),
      ),
    ),
    E.map((own) => {
      const { before, after } = around(loaded, text, own, special);
      const tokens = [...before, ...own, ...after];
      return { text, ids: tokens.map(({ id }) => id), tokens };
    }),
  );
