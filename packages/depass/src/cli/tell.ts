// What becomes of the answers of a command that asks: each is printed as soon as it is there, and all are kept and put on a page in
// the end. Tables of several are printed then, too: they are one.
import type { Fault, Faulty } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { Entry as Sheet } from "../page/report.ts";
import type { Extras } from "../page/sheet.ts";
import { writeWhole } from "../place.ts";
import type { Records } from "../report/records.ts";
import { harmless } from "../report/visible.ts";
import { savableEnding } from "../savable.ts";
import { checkPlace, lineOf, save } from "../save.ts";
import { type Asking, type AskOptions, ask, type Result, type Told } from "./ask.ts";
import { unheardOptions } from "./backend.ts";
import { contradictions, type FormatOptions, formatOf, type Shown, shownAs, tablesOf } from "./format.ts";
import { usage } from "./outcome.ts";
import { checkPage, commandOf, type PageOptions, writePage } from "./page.ts";
import { type GivenEntry, readEntries } from "./prompts.ts";
import { spelledQuestion } from "./question.ts";
import { print, stdoutInk } from "./terminal.ts";

export type TellOptions = AskOptions & PageOptions & FormatOptions & { readonly save?: string; readonly seed?: string };

/** One result is one file; several are lines of one. */
const placeFaults = ({ save: path, prompts }: TellOptions): readonly Fault[] =>
  path !== undefined && prompts !== undefined && savableEnding(path) !== ".jsonl"
    ? [usage("--save", "a name that ends in .jsonl, with --prompts", path)]
    : [];

const checked = <O extends TellOptions, R extends Result>(
  { faults }: Asking<O, R>,
  options: O,
): E.Either<readonly Fault[], void> => {
  const all = [...unheardOptions(options), ...contradictions(options), ...placeFaults(options), ...faults(options)];
  return all.length > 0 ? E.left(all) : E.right(undefined);
};

/** What is still to be done with an answer when all are there. */
type Pending = { readonly records?: Records; readonly line?: string; readonly sheet?: Sheet };

const isTable = (options: FormatOptions): boolean => ["csv", "markdown"].includes(formatOf(options));

/** One of several, for people: which it is, and the report. */
const headed = (text: string, { entry: { where }, index }: Told<Result>): string =>
  [...(index === 0 ? [] : [""]), stdoutInk().dim(harmless(where)), "", text].join("\n");

const printOne = (shown: Shown, options: TellOptions, told: Told<Result>): void => {
  if (options.prompts === undefined || formatOf(options) === "json") print(shownAs(options, shown));
  else if (formatOf(options) === "text") print(headed(shownAs(options, shown), told));
};

const stateless = <R extends Result>(result: R): R => {
  const { states: _, ...rest } = result as R & { readonly states?: unknown };
  return rest as unknown as R;
};

const pendingOf = <R extends Result>(
  shown: Shown,
  options: TellOptions,
  { result, extras }: Told<R>,
  called: Pick<Extras, "command">,
): Pending => ({
  ...(options.prompts !== undefined && isTable(options) && { records: shown.records() }),
  ...(options.prompts !== undefined && options.save !== undefined && { line: lineOf(result) }),
  ...(options.report !== undefined && {
    sheet: { ...extras, result: stateless(result), ...called },
  }),
});

const present = <A>(all: readonly (A | undefined)[]): readonly A[] => all.flatMap((one) => one ?? []);

const finished = (options: TellOptions, pending: readonly Pending[]): Faulty<void> => {
  const { prompts, save: path } = options;
  if (prompts !== undefined && isTable(options)) print(tablesOf(options, present(pending.map((p) => p.records))));
  return pipe(
    prompts !== undefined && path !== undefined
      ? writeWhole(path, present(pending.map((p) => p.line)))
      : TE.right(undefined),
    TE.chain(() => writePage(options, present(pending.map((p) => p.sheet)))),
  );
};

/** The prompt of a file's entry as it is there; a conversation is no one text. */
const givenIn = (entry: GivenEntry | undefined): string | undefined =>
  typeof entry?.prompt === "string" ? entry.prompt : undefined;

/**
 * Runs a command that asks. `words`: the options of the call as they were given, but for the prompts, their questions and where the
 * results go. Faults: those of the call, of the checkpoint, of the backend and of the files to write; stdout gets whole results only.
 */
export const tell =
  <O extends TellOptions, R extends Result>(asking: Asking<O, R>) =>
  (options: O, words: readonly string[]): Faulty<void> =>
    pipe(
      TE.fromEither(checked(asking, options)),
      TE.chain(() => (options.save === undefined ? TE.right(undefined) : checkPlace(options.save))),
      TE.chain(() => checkPage(options)),
      TE.chain(() => readEntries(options)),
      TE.chain((entries) =>
        ask(asking, options, { entries, kept: options.save !== undefined }, (told, { line }) => {
          const { save: path, prompts } = options;
          const { result, entry } = told;
          const question = spelledQuestion(entry.question);
          const shown = asking.shown(result, { ...options, ...question });
          line.clear();
          printOne(shown, options, told);
          const given = prompts === undefined ? options.prompt : givenIn(entries[told.index]);
          const { promptFile, messages, chat, specialTokens, seed } = options;
          const read = { promptFile, messages, chat, specialTokens, given, parts: seed };
          const called = commandOf(asking.name, words, entry.prompt, { ...read, ...question });
          return pipe(
            path !== undefined && prompts === undefined ? save(path, result) : TE.right(undefined),
            TE.map(() => pendingOf(shown, options, told, called)),
          );
        }),
      ),
      TE.chain((pending) => finished(options, pending)),
    );
