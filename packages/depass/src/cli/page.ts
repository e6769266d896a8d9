// How does a command write its page? The place is tried first; the page names the call that would make it again.
import type { Faulty } from "@depass/graph";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { report } from "../page/report.ts";
import type { Extras, Reported } from "../page/sheet.ts";
import { checkWritable, writeWhole } from "../place.ts";
import { shellWord } from "./call-line.ts";
import type { PromptOptions } from "./prompt.ts";

export type PageOptions = { readonly report?: string };

/** Faults: a place where no file can be. */
export const checkPage = ({ report: path }: PageOptions): Faulty<void> =>
  path === undefined ? TE.right(undefined) : checkWritable(path);

/**
 * The call as somebody may repeat it: a prompt that was piped in, or put into a chat template, is spelled out. Not where the
 * message alone is read otherwise: then it is the message, and none where that was piped in.
 */
export const commandOf = (
  name: string,
  words: readonly string[],
  prompt: string,
  { promptFile, prompt: given, chat, specialTokens = "read" }: PromptOptions,
): Pick<Extras, "command"> => {
  const called = (...all: readonly string[]) => ({ command: ["depass", name, ...all].map(shellWord).join(" ") });
  const spelled = (text: string) => (text.startsWith("-") ? [`--prompt=${text}`] : ["--prompt", text]);
  if (promptFile !== undefined) return called(...words);
  if (chat === undefined || specialTokens === "read")
    return called(...words.filter((word) => word !== "--chat"), ...spelled(prompt));
  return given === undefined || given === "-" ? {} : called(...words, ...spelled(given));
};

/** Writes the page where one is wanted. Faults: those of the disk. */
export const writePage = ({ report: path }: PageOptions, what: Reported, extras: Extras): Faulty<void> =>
  path === undefined
    ? TE.right(undefined)
    : pipe(
        TE.fromIO(() => report(what, extras)),
        TE.chain((page) => writeWhole(path, page)),
      );
