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

/** The call as somebody may repeat it: a prompt that was piped in, or put into a chat template, is spelled out. */
export const commandOf = (
  name: string,
  words: readonly string[],
  prompt: string,
  { promptFile }: PromptOptions,
): string => {
  if (promptFile !== undefined) return ["depass", name, ...words].map(shellWord).join(" ");
  const text = prompt.startsWith("-") ? [`--prompt=${prompt}`] : ["--prompt", prompt];
  return ["depass", name, ...words.filter((word) => word !== "--chat"), ...text].map(shellWord).join(" ");
};

/** Writes the page where one is wanted. Faults: those of the disk. */
export const writePage = ({ report: path }: PageOptions, what: Reported, extras: Extras): Faulty<void> =>
  path === undefined
    ? TE.right(undefined)
    : pipe(
        TE.fromIO(() => report(what, extras)),
        TE.chain((page) => writeWhole(path, page)),
      );
