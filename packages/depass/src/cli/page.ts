// How does a command write its page? The place is tried first; the page names the call that would make it again.
import type { Faulty } from "@depass/graph";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type Entry, report } from "../page/report.ts";
import { checkWritable, writeWhole } from "../place.ts";
import { shellWord } from "./call-line.ts";
import type { QuestionOptions } from "./question.ts";

export type PageOptions = { readonly report?: string };

/** Faults: a place where no file can be. */
export const checkPage = ({ report: path }: PageOptions): Faulty<void> =>
  path === undefined ? TE.right(undefined) : checkWritable(path);

/** Where the prompt came from, and what is asked of it. */
type Repeated = QuestionOptions & {
  readonly promptFile?: string | undefined;
  readonly prompts?: string | undefined;
};

const optionWords = (name: string, value: string): readonly string[] =>
  value.startsWith("-") ? [`${name}=${value}`] : [name, value];

/** The call as somebody may repeat it: a prompt that was piped in, or put into a chat template, is spelled out. */
export const commandOf = (
  name: string,
  words: readonly string[],
  prompt: string,
  { promptFile, prompts, target, foil }: Repeated,
): string => {
  const question = [
    ...(target === undefined ? [] : optionWords("--target", target)),
    ...(foil ?? []).flatMap((text) => optionWords("--foil", text)),
  ];
  const asked =
    promptFile === undefined || prompts !== undefined
      ? [...words.filter((word) => word !== "--chat"), ...question, ...optionWords("--prompt", prompt)]
      : [...words, ...question];
  return ["depass", name, ...asked].map(shellWord).join(" ");
};

/** Writes the page where one is wanted, of one result or of several. Faults: those of the disk. */
export const writePage = ({ report: path }: PageOptions, what: readonly Entry[]): Faulty<void> =>
  path === undefined
    ? TE.right(undefined)
    : pipe(
        TE.fromIO(() => report(what)),
        TE.chain((page) => writeWhole(path, page)),
      );
