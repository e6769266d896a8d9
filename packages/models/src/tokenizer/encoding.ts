// Which tokens is a text, and where is each in it? The library gives the ids, ranges.ts their characters; here they
// become one value, with what the tokenizer puts around a text and where the reference leaves spaces out of a range.
import { type Fault, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { describe } from "../describe.ts";
import { pieceBytes, readable } from "./bytes.ts";
import { type Around, attempt, type Library } from "./library.ts";
import { addedPiece, knownPiece, type Piece, rangesOf, streamOf } from "./ranges.ts";
import type { AddedToken, Splitter } from "./sections.ts";
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

const align = (loaded: Loaded, text: string, named: readonly Named[]): readonly Token[] => {
  const { settings, special } = loaded;
  const pieces = named.map(({ name, id }) => pieceOf(loaded, name, id));
  const ranges = rangesOf(pieces, streamOf(loaded.split(text), settings.spelling));
  return ranges.flatMap((range, i) => {
    const { name, id } = named[i] as Named;
    const token: Token = { id, text: readName(loaded, name), ...range, special: special.has(id), origin: "text" };
    return [settings.trim === undefined || loaded.added.has(name) ? token : trimmed(token, name, settings.trim)];
  });
};

/** A fault for each of `names` that has no id: a word with its place, or the text they are in. */
const lostOf = (
  { library, settings, split, where }: Loaded,
  text: string,
  names: readonly string[],
  isLost: (index: number) => boolean,
): readonly Fault[] => {
  if (!settings.closed)
    return [fault("tokenizer", where, "a token for every character", `none for some of ${describe(text)}`)];
  const words = library.model.vocab.filter((word) => word !== undefined);
  const pieces = names.map((name) => knownPiece(name, settings.spelling));
  return rangesOf(pieces, streamOf(split(text), settings.spelling)).flatMap((range, i) =>
    isLost(i) ? [unknownWord(text, range, names[i] as string, words)] : [],
  );
};

/** Ten times what a tokenizer takes on a slow machine. */
const secondsFor = (text: string): number => 3 + Math.ceil(text.length / 10_000);

const namedOf = (loaded: Loaded, text: string): Result<readonly Named[]> =>
  pipe(
    attempt(
      loaded.where,
      "to encode the text",
      () => loaded.library.encode(text, { add_special_tokens: false }),
      secondsFor(text),
    ),
    E.flatMap(({ ids, tokens }) => {
      const named = tokens.flatMap((name, i) => {
        const id = ids[i];
        return id === undefined ? [] : [{ name, id }];
      });
      return named.length === tokens.length
        ? E.right(named)
        : E.left(lostOf(loaded, text, tokens, (i) => ids[i] === undefined));
    }),
  );

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

/** The encoding of `text`; with `special`, what the tokenizer puts around a text is part of it, with empty ranges. */
export const encode = (loaded: Loaded, text: string, special: boolean | "once"): Result<Encoding> =>
  pipe(
    namedOf(loaded, text),
    E.flatMap((named) =>
      attempt(loaded.where, "to find the characters of each token", () => align(loaded, text, named), secondsFor(text)),
    ),
    E.map((own) => {
      const { before, after } = around(loaded, text, own, special);
      const tokens = [...before, ...own, ...after];
      return { text, ids: tokens.map(({ id }) => id), tokens };
    }),
  );
