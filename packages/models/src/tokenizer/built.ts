// Which ids does a text become, and which characters is each of them? Text, ids and ranges travel together in one
// value; nothing is ever decoded and encoded again. Over @huggingface/tokenizers, which gives no offsets: the
// alignment is ours (tokenizer/).
import type { Fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type Folder, jsonIn } from "../folder.ts";
import { bytesOf, continued } from "./continuation.ts";
import { type EncodeOptions, type Encoding, encode, type Loaded } from "./encoding.ts";
import { type Around, around, attempt, build, type Library } from "./library.ts";
import { type AddedToken, splitter } from "./sections.ts";
import { decodeTokenizer, type TokenizerSettings } from "./settings.ts";
import { idOf, sizeOf, tokenText } from "./target.ts";

export type { EncodeOptions, Encoding, Token } from "./encoding.ts";
export type { SplitSpecialTokens, TextRange } from "./plain.ts";

type Result<A> = E.Either<readonly Fault[], A>;

export type Tokenizer = {
  /** Ids are below this; some below it may be free. */
  readonly size: number;
  /** Faults: what there is no token for, and special tokens that are to be plain text and have no other tokens. */
  readonly encode: (text: string, options: EncodeOptions) => Result<Encoding>;
  /** An id as a person reads it. Faults: no such id. */
  readonly tokenText: (id: number) => Result<string>;
  /** UTF-8 bytes that an id adds to a text, part of a character perhaps; a special token or no token adds none. */
  readonly bytes: (id: number) => Uint8Array;
  /** The encoding with more ids behind it, as a model goes on with a text. */
  readonly continued: (encoding: Encoding, ids: readonly number[]) => Encoding;
  /** The one id that `text` is, without special tokens. Faults: none, several (with their ids), or unknown. */
  readonly idOf: (text: string) => Result<number>;
};

const namesOf = ({ content, normalized }: AddedToken, { normalizer }: Library): readonly string[] =>
  normalized && normalizer !== null ? [content, normalizer.normalize(content)] : [content];

const loadedOf = (where: string, settings: TokenizerSettings, library: Library, surroundings: Around): Loaded => ({
  where,
  library,
  settings,
  added: new Map(settings.added.flatMap((token) => namesOf(token, library).map((name) => [name, token] as const))),
  special: new Set(settings.added.filter((token) => token.special).map(({ id }) => id)),
  split: splitter(settings.added, library.normalizer),
  around: surroundings,
});

const toTokenizer = (loaded: Loaded): Tokenizer => ({
  size: sizeOf(loaded),
  encode: (text, options) => encode(loaded, text, options),
  tokenText: (id) => tokenText(loaded, id),
  bytes: (id) => bytesOf(loaded, id),
  continued: (encoding, ids) => continued(loaded, encoding, ids),
  idOf: (text) => idOf(loaded, text),
});

/** A tokenizer of the JSON of a tokenizer.json; `where` names it in faults (tags `tokenizer`, `config`). */
export const tokenizerOf = (json: unknown, where: string): Result<Tokenizer> =>
  pipe(
    decodeTokenizer(json, where),
    E.bindTo("settings"),
    E.bind("library", ({ settings }) => build(settings.library, where)),
    E.bind("around", ({ library }) => around(library, where)),
    E.flatMap((found) =>
      attempt(where, "added tokens that can be normalised", () =>
        loadedOf(where, found.settings, found.library, found.around),
      ),
    ),
    E.map(toTokenizer),
  );

const MOST_TOKENIZER = 256_000_000; // bytes; the largest of today are 35 MB

const TOKENIZER = "tokenizer.json";

/** The tokenizer of a checkpoint's folder. Faults: those of tokenizerOf, and a missing or damaged tokenizer.json. */
export const tokenizerIn = (folder: Folder): TE.TaskEither<readonly Fault[], Tokenizer> =>
  pipe(
    jsonIn(folder, TOKENIZER, MOST_TOKENIZER),
    TE.flatMapEither((json) => tokenizerOf(json, folder.pathOf(TOKENIZER))),
  );
