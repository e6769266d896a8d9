// Where does the prompt come from? The command line, a file, or whatever is piped in.
import { readFile } from "node:fs/promises";
import { type Fault, type Faulty, fault } from "@depass/graph";
import { chat, type Model } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { usage } from "./outcome.ts";
import { complain } from "./terminal.ts";

export type PromptOptions = {
  readonly prompt?: string;
  readonly promptFile?: string;
  /** The prompt is a user's message. */
  readonly chat?: true;
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

/** The prompt. Faults: none given and nobody piping, a file that is not there, no UTF-8. */
export const readPrompt = ({ prompt, promptFile }: PromptOptions): Faulty<string> => {
  if (promptFile !== undefined) return readText(promptFile);
  if (prompt !== undefined && prompt !== "-") return TE.right(prompt);
  if (prompt === undefined && process.stdin.isTTY)
    return TE.left([
      usage("--prompt", "the text to explain", "none", "give --prompt TEXT, --prompt-file FILE or a pipe"),
    ]);
  return read("standard input", () => piped(process.stdin));
};

/** Whoever wrote the message may not have meant it. */
const warnOf = (spelled: readonly string[]): void => {
  const texts = [...new Set(spelled)].map((text) => JSON.stringify(text)).join(", ");
  if (spelled.length > 0) complain(`the message spells ${texts}: read as special tokens`);
};

/** The prompt as the model is given it: as it is, or as a message that is to be answered. Faults: those of chat. */
export const promptTo = (model: Model, prompt: string, { chat: isMessage }: PromptOptions): Faulty<string> =>
  isMessage
    ? pipe(
        chat(model, [{ role: "user", content: prompt }], { addGenerationPrompt: true }),
        TE.chainFirstIOK(
          ({ spelled }) =>
            () =>
              warnOf(spelled.map(({ text }) => text)),
        ),
        TE.map(({ text }) => text),
      )
    : TE.right(prompt);
