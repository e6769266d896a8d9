// How does a command write its page? The place is tried first; the page names the call that would make it again.
import type { Faulty } from "@depass/graph";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type Entry, report } from "../page/report.ts";
import type { Extras } from "../page/sheet.ts";
import { checkWritable, writeWhole } from "../place.ts";
import { type Prompt, promptParts } from "../prompt.ts";
import { shellWord } from "./call-line.ts";
import type { PromptOptions } from "./prompt.ts";
import type { QuestionOptions } from "./question.ts";

export type PageOptions = { readonly report?: string };

/** Faults: a place where no file can be. */
export const checkPage = ({ report: path }: PageOptions): Faulty<void> =>
  path === undefined ? TE.right(undefined) : checkWritable(path);

/** How the prompt was given, and what is asked of it. */
type Repeated = Pick<QuestionOptions, "target"> & {
  /** Alone where it is `true`. */
  readonly foil?: true | readonly string[] | undefined;
  readonly promptFile?: string | undefined;
  readonly messages?: string | undefined;
  /** What the parts are. */
  readonly parts?: string | undefined;
  /** As it was given, where it was: on the line, or in a file of many. */
  readonly given?: string | undefined;
  readonly chat?: true | undefined;
  readonly specialTokens?: PromptOptions["specialTokens"] | undefined;
};

const optionWords = (name: string, value: string): readonly string[] =>
  value.startsWith("-") ? [`${name}=${value}`] : [name, value];

/** Whether the text that a model was given is read alike without its messages. */
const isTextEnough = (
  { chat, messages, specialTokens = "read", parts }: Repeated,
  { turns }: Exclude<Prompt, string>,
) =>
  ((chat === undefined && messages === undefined && turns === undefined) || specialTokens === "read") &&
  parts !== "roles";

/**
 * The call as somebody may repeat it: a prompt that was piped in, or put into a chat template, is spelled out. Not where the
 * messages alone are read otherwise: then it is the message, and none where that was piped in.
 */
export const commandOf = (
  name: string,
  words: readonly string[],
  prompt: Prompt,
  how: Repeated,
): Pick<Extras, "command"> => {
  const { promptFile, messages, given, target, foil } = how;
  const question = [
    ...(target === undefined ? [] : optionWords("--target", target)),
    ...(foil === true ? ["--foil"] : (foil ?? []).flatMap((text) => optionWords("--foil", text))),
  ];
  const called = (all: readonly string[], asked: readonly string[]) => ({
    command: ["depass", name, ...all, ...question, ...asked].map(shellWord).join(" "),
  });
  if (messages !== undefined && messages !== "-") return called(words, optionWords("--messages", messages));
  if (promptFile !== undefined) return called(words, []);
  const { text } = promptParts(prompt);
  if (isTextEnough(how, promptParts(prompt)))
    return called(
      words.filter((word) => word !== "--chat"),
      optionWords("--prompt", text),
    );
  return given === undefined || given === "-" ? {} : called(words, optionWords("--prompt", given));
};

/** Writes the page where one is wanted, of one result or of several. Faults: those of the disk. */
export const writePage = ({ report: path }: PageOptions, what: readonly Entry[]): Faulty<void> =>
  path === undefined
    ? TE.right(undefined)
    : pipe(
        TE.fromIO(() => report(what)),
        TE.chain((page) => writeWhole(path, page)),
      );
