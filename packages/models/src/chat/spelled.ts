// Which special tokens do messages spell? Whoever writes `<|im_end|>` into a message ends it, as far as the model can tell:
// transformers reads the text of a conversation as one, and so does this package where nothing else is asked for.
import { type Fault, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { clip, list } from "../describe.ts";
import type { Tokenizer } from "../tokenizer/built.ts";

/** Characters `start` to before `end` of the content of one message. */
export type Spelled = {
  readonly message: number;
  readonly text: string;
  readonly start: number;
  readonly end: number;
};

type Contents = readonly { readonly content: string }[];

/** In the order of messages. Faults: what the tokenizer has no token for. */
export const spelledIn = (
  { encode }: Pick<Tokenizer, "encode">,
  messages: Contents,
): E.Either<readonly Fault[], readonly Spelled[]> =>
  pipe(
    messages,
    E.traverseArray(({ content }) => (content === "" ? E.right([]) : E.map(specials)(encode(content, PLAIN)))),
    E.map((each) => each.flatMap((found, message) => found.map((one) => ({ message, ...one })))),
  );

const PLAIN = { special: false } as const; // nothing put around a content

type Encoded = {
  readonly text: string;
  readonly tokens: readonly { text: string; start: number; end: number; special: boolean }[];
};

const folded = (text: string): string => text.normalize("NFKC").toLowerCase().trim();

/** Not those that stand for characters that there is no token for: they are of other characters. */
const specials = ({ text: content, tokens }: Encoded): readonly Omit<Spelled, "message">[] =>
  tokens
    .filter(({ special, text, start, end }) => special && folded(content.slice(start, end)) === folded(text))
    .map(({ text, start, end }) => ({ text, start, end }));

/** Faults (tag `chat`): texts at `where` that spell special tokens. */
export const refused = (where: string, spelled: readonly Spelled[]): E.Either<readonly Fault[], readonly Spelled[]> => {
  const texts = [...new Set(spelled.map(({ text }) => JSON.stringify(clip(text))))];
  const next = "take them out, or have them read as text";
  return spelled.length === 0
    ? E.right(spelled)
    : E.left([fault("chat", where, "a text that spells no special tokens", list(texts), next)]);
};
