// Where does the prompt come from? The command line, a file, or whatever is piped in.
import { readFile } from "node:fs/promises";
import { type Fault, type Faulty, fault } from "@depass/graph";
import { type ChatOptions, chat, type Model, refuseSpecials, spelledIn } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import * as t from "io-ts";
import { type Prompt, promptParts } from "../prompt.ts";
import { type Messages, messagesFrom } from "./messages.ts";
import { usage } from "./outcome.ts";
import { complain } from "./terminal.ts";

export type PromptOptions = {
  readonly prompt?: string;
  readonly promptFile?: string;
  /** A file of the messages of a conversation. */
  readonly messages?: string;
  /** The prompt is a user's message. */
  readonly chat?: true;
  /** Those that the prompt, or the message, spells. Default: read. */
  readonly specialTokens?: NonNullable<ChatOptions["specials"]>;
};

const MOST = 16 * 2 ** 20; // bytes; no context is nearly as long

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "nothing there",
  EISDIR: "a folder",
  EACCES: "no permission to read it",
};

/** Editors and `echo` end a text with a line end that nobody meant. */
const withoutLastLineEnd = (text: string): string => text.replace(/\r?\n$/, "");

const decoded = (bytes: Uint8Array, where: string): E.Either<readonly Fault[], string> =>
  pipe(
    E.tryCatch(
      () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
      (): readonly Fault[] => [fault("prompt", where, "text in UTF-8", "other bytes")],
    ),
    E.map(withoutLastLineEnd),
  );

const piped = async (stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MOST) break;
  }
  return Buffer.concat(chunks);
};

const read = (where: string, run: () => Promise<Uint8Array>): Faulty<string> =>
  pipe(
    TE.tryCatch(run, (error): readonly Fault[] => {
      const { code = "", message = String(error) } = error as NodeJS.ErrnoException;
      return [fault("prompt", where, "a text", reasons[code] ?? message)];
    }),
    TE.filterOrElse(
      (bytes) => bytes.length <= MOST,
      (): readonly Fault[] => [fault("prompt", where, `at most ${MOST / 2 ** 20} MiB`, "more", "shorten it")],
    ),
    TE.flatMapEither((bytes) => decoded(bytes, where)),
  );

/** A file's text. Faults: one that is not there or too long, no UTF-8. */
export const readText = (path: string): Faulty<string> => read(path, () => readFile(path));

const STDIN = "standard input";

const readPiped = (): Faulty<string> => read(STDIN, () => piped(process.stdin));

/** A prompt as it was given: a text, or a conversation. */
export type Given = string | Messages;

/** What no model has read yet. */
export const isGiven = (prompt: Given | Prompt): prompt is Given => typeof prompt === "string" || Array.isArray(prompt);

const readMessages = (path: string): Faulty<Messages> => {
  const where = path === "-" ? STDIN : path;
  return pipe(
    path === "-" ? readPiped() : readText(path),
    TE.chainEitherK((text) => messagesFrom(text, where)),
  );
};

/** The prompt. Faults: none given and nobody piping, a file that is not there, no UTF-8, no messages. */
export const readPrompt = ({ prompt, promptFile, messages }: PromptOptions): Faulty<Given> => {
  if (messages !== undefined) return readMessages(messages);
  if (promptFile !== undefined) return readText(promptFile);
  if (prompt !== undefined && prompt !== "-") return TE.right(prompt);
  if (prompt === undefined && process.stdin.isTTY)
    return TE.left([
      usage("--prompt", "the text to explain", "none", "give --prompt TEXT, --prompt-file FILE or a pipe"),
    ]);
  return readPiped();
};

/** Whoever wrote the message may not have meant it. */
const warnOf = (spelled: readonly string[]): void => {
  const texts = [...new Set(spelled)].map((text) => JSON.stringify(text)).join(", ");
  const next = "--special-tokens text reads them as text";
  if (spelled.length > 0) complain(`the message spells ${texts}: read as special tokens; ${next}`);
};

const asMessages = (model: Model, messages: Messages, specials: NonNullable<ChatOptions["specials"]>): Faulty<Prompt> =>
  pipe(
    chat(model, messages, { addGenerationPrompt: true, specials }),
    TE.chainFirstIOK(
      ({ spelled }) =>
        () =>
          specials === "read" && warnOf(spelled.map(({ text }) => text)),
    ),
  );

const asText = ({ tokenizer }: Model, prompt: string, specials: ChatOptions["specials"]): Faulty<Prompt> =>
  specials === "refuse"
    ? pipe(
        TE.fromEither(spelledIn(tokenizer, [{ content: prompt }])),
        TE.chainEitherK((spelled) => refuseSpecials("prompt", spelled)),
        TE.map(() => prompt),
      )
    : TE.right(specials === "text" ? { text: prompt, splitSpecialTokens: true } : prompt);

const Splits = t.union([t.boolean, t.readonlyArray(t.type({ start: t.number, end: t.number }))]);

/** A prompt that was saved with where its special tokens were text. Faults: no such places. */
export const savedPrompt = (text: string, splits: unknown): E.Either<readonly Fault[], Prompt> =>
  splits === undefined
    ? E.right(text)
    : pipe(
        Splits.decode(splits),
        E.bimap(
          () => [fault("result", "call.splitSpecialTokens", "true, or ranges of characters", "something else")],
          (splitSpecialTokens) => ({ text, splitSpecialTokens }),
        ),
      );

/** Where special tokens are text, for a call that is saved. */
export const splitsOf = (prompt: Prompt): { readonly splitSpecialTokens?: unknown } => {
  const { splitSpecialTokens } = promptParts(prompt);
  return splitSpecialTokens === undefined ? {} : { splitSpecialTokens };
};

/** The prompt as the model is given it: as it is, or as a conversation that is to be answered. Faults: those of chat. */
export const promptTo = (
  model: Model,
  given: Given,
  { chat: isMessage, specialTokens = "read" }: PromptOptions,
): Faulty<Prompt> => {
  if (typeof given !== "string") return asMessages(model, given, specialTokens);
  return isMessage
    ? asMessages(model, [{ role: "user", content: given }], specialTokens)
    : asText(model, given, specialTokens);
};
