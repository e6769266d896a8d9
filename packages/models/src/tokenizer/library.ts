// What do we use of @huggingface/tokenizers? Its own types are lost on Node's resolution (they import without
// extensions), so the few members in use are declared here, once; and whatever it throws becomes a fault.
import { type Fault, fault } from "@depass/graph";
import * as Package from "@huggingface/tokenizers";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { within } from "#limit";
import { clip, list } from "../describe.ts";

export type Normalizer = {
  readonly config: {
    readonly type: string;
    readonly prepend?: string;
    readonly content?: string;
    readonly strip_left?: boolean;
    readonly strip_right?: boolean;
  };
  readonly normalize: (text: string) => string;
  /** Of a Sequence. */
  readonly normalizers?: readonly (Normalizer | null)[];
  /** Of a Replace. */
  readonly pattern?: RegExp | null;
};

export type Library = {
  readonly normalizer: Normalizer | null;
  readonly post_processor: {
    readonly post_process: (
      tokens: readonly string[],
      pair: null,
      special: boolean,
    ) => { readonly tokens: readonly string[] };
  } | null;
  /** Words of a section; the first of a text is 0. */
  readonly pre_tokenizer: ((text: string, at: { readonly section_index: number }) => readonly string[]) | null;
  /** Pieces of words. `vocab` may have holes. */
  readonly model: ((words: readonly string[]) => readonly string[]) & {
    readonly vocab: readonly (string | undefined)[];
    readonly unk_token_id?: number;
    readonly unk_token?: string;
  };
  readonly token_to_id: (token: string) => number | undefined;
};

type Result<A> = E.Either<readonly Fault[], A>;

const LIMIT = 30; // seconds; a quarter of a million pieces take three on a slow machine

const ENDLESS = "a pattern in it may have no end: do not use this tokenizer, or have its patterns looked at";

/** What the library does, its exceptions as faults (tag `tokenizer`), and that it has not ended after some seconds. */
export const attempt = <A>(where: string, expected: string, run: () => A, seconds = LIMIT): Result<A> =>
  pipe(
    within(seconds, run),
    E.mapLeft(({ late, why }) => [
      late
        ? fault("tokenizer", where, `${expected} within ${seconds} s`, "no end", ENDLESS)
        : fault("tokenizer", where, expected, clip(why)),
    ]),
  );

/** A tokenizer of the library, without tokenizer_config.json: that only repeats or cleans up what a decoder gives. */
export const build = (json: unknown, where: string): Result<Library> =>
  attempt(where, "a tokenizer that the library can build", () => {
    const { Tokenizer } = Package as unknown as { readonly Tokenizer: new (json: unknown, config: object) => Library };
    return new Tokenizer(json, {});
  });

/** Ids that the tokenizer puts around a text. */
export type Around = { readonly before: readonly number[]; readonly after: readonly number[] };

const MARK = "\0text\0"; // no token: a piece with this name cannot be in a text

const idsAround = (names: readonly string[], library: Library, where: string): Result<Around> => {
  const at = names.indexOf(MARK);
  const ids = names.map((name) => library.token_to_id(name));
  const lost = names.filter((name, i) => name !== MARK && ids[i] === undefined).map(String);
  const texts = at < 0 ? "no text" : "the text more than once";
  return at < 0 || names.lastIndexOf(MARK) !== at || lost.length > 0
    ? E.left([fault("tokenizer", `${where} at post_processor`, "the text among known tokens", list(lost) || texts)])
    : E.right({ before: ids.slice(0, at) as number[], after: ids.slice(at + 1) as number[] });
};

/** What the post-processor does to any text, as it does to a mark. Faults: it drops or repeats the text, or adds unknown tokens. */
export const around = (library: Library, where: string): Result<Around> =>
  pipe(
    attempt(where, "a post-processor that can be applied", () =>
      library.post_processor === null ? [MARK] : library.post_processor.post_process([MARK], null, true).tokens,
    ),
    E.flatMap((names) => idsAround(names, library, where)),
  );
