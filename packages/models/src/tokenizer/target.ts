// Which single id does a person mean? A target is one row of the unembedding, so a text that is several tokens, or none
// that the vocabulary knows, is a fault that says what it is instead.
import { type Fault, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { describe, list } from "../describe.ts";
import { type Encoding, encode, type Loaded, readName, type Token } from "./encoding.ts";

type Result<A> = E.Either<readonly Fault[], A>;

const refuse = (expected: string, got: string, next: string): Result<never> =>
  E.left([fault("target", "target", expected, got, next)]);

/** Ids are below this; some below it may be free. */
export const sizeOf = ({ library }: Loaded): number => library.model.vocab.length;

/** An id as a person reads it. Faults (tag `target`): no such id. */
export const tokenText = (loaded: Loaded, id: number): Result<string> => {
  const name = loaded.library.model.vocab[id];
  return name === undefined
    ? refuse(`a token id below ${sizeOf(loaded)}`, String(id), "give an id of the vocabulary, or the text of a token")
    : E.right(readName(loaded, name));
};

/** Ids that read exactly as `text`: what somebody meant whose text is not encoded as one token. */
const readsAs = (loaded: Loaded, text: string): readonly number[] =>
  loaded.library.model.vocab.flatMap((name, id) => (name !== undefined && readName(loaded, name) === text ? [id] : []));

const showTokens = (tokens: readonly Token[]): string =>
  list(
    tokens.map(({ id, text }) => `${id} ${describe(text)}`),
    8, // as many as fit on a line
  );

const refuseSeveral = (loaded: Loaded, { text, tokens }: Encoding): Result<never> => {
  const same = readsAs(loaded, text);
  return refuse(
    "a text of one token",
    `${describe(text)}, which is ${tokens.length}: ${showTokens(tokens)}`,
    same.length > 0 ? `give the id ${same.join(" or ")}, which reads ${describe(text)}` : "give the id of one of them",
  );
};

/** The name of the unknown token, written out, is a target like any other. */
const isUnknownText = ({ library }: Loaded, { text, tokens }: Encoding): boolean =>
  text !== library.model.unk_token && tokens.some(({ id }) => id === library.model.unk_token_id);

/**
 * The one id that `text` is, encoded without special tokens.
 * Faults (tag `target`): an empty text, several tokens (with their ids), or one that the vocabulary does not have.
 */
export const idOf = (loaded: Loaded, text: string): Result<number> =>
  pipe(
    encode(loaded, text, { special: false }),
    E.flatMap((encoding) => {
      const { tokens } = encoding;
      const [first] = tokens;
      const next = "give another text, or the id of a token";
      if (first === undefined) return refuse("a text of one token", `${describe(text)}, which is none`, next);
      if (isUnknownText(loaded, encoding))
        return refuse("a text in the vocabulary", `${describe(text)}, which is not`, next);
      return tokens.length > 1 ? refuseSeveral(loaded, encoding) : E.right(first.id);
    }),
  );
