// Which prompts are asked about? The one of the call; or those of a file, each with a question of its own where it has one: a JSON
// array, a line of JSON each, or a line of text each.
import { extname } from "node:path";
import { type Fault, type Faulty, fault } from "@depass/graph";
import { parseJson } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as RA from "fp-ts/lib/ReadonlyArray.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import * as t from "io-ts";
import type { Entry } from "../attribute-all.ts";
import type { Question } from "../question.ts";
import { parseTarget, type TargetChoice } from "../target.ts";
import { all } from "./all.ts";
import { type PromptOptions, readPrompt, readText } from "./prompt.ts";
import { type QuestionOptions, questionOf } from "./question.ts";

export type PromptsOptions = PromptOptions & QuestionOptions & { readonly prompts?: string };

/** What is in one place of a file. */
type Found = { readonly where: string; readonly value: unknown };

type Reading = (text: string, path: string) => E.Either<readonly Fault[], readonly Found[]>;

const isFull = (line: string): boolean => line.trim() !== "";

const linesOf = (text: string, path: string): readonly { readonly where: string; readonly value: string }[] =>
  text
    .split(/\r?\n/)
    .map((value, i) => ({ where: `${path} line ${i + 1}`, value }))
    .filter(({ value }) => isFull(value));

/** JSON that is no download of ours: it is to be corrected where it is. */
const json = (text: string, where: string): E.Either<readonly Fault[], unknown> =>
  pipe(
    parseJson(text, where),
    E.mapLeft((faults) => faults.map((f) => fault("prompt", f.where, f.expected, f.got))),
  );

const asArray: Reading = (text, path) =>
  pipe(
    json(text, path),
    E.filterOrElse(Array.isArray, (got): readonly Fault[] => [
      fault("prompt", path, "an array of prompts", got === null ? "null" : typeof got, "or name it .jsonl, or .txt"),
    ]),
    E.map((values: readonly unknown[]) => values.map((value, i) => ({ where: `${path} entry ${i + 1}`, value }))),
  );

const asJsonLines: Reading = (text, path) =>
  all(linesOf(text, path).map(({ where, value }) => E.map((read) => ({ where, value: read }))(json(value, where))));

const asLines: Reading = (text, path) => E.right(linesOf(text, path));

/** By the file's ending; any other is text. */
const readings: Readonly<Record<string, Reading>> = { ".json": asArray, ".jsonl": asJsonLines, ".ndjson": asJsonLines };

const choice = t.union([t.string, t.number]);
const keys = { prompt: t.string, target: choice, foil: t.union([choice, t.array(choice)]) };
const { prompt: _, ...optional } = keys;
const entry = t.intersection([t.type({ prompt: keys.prompt }), t.partial(optional)]);

const chosen = (given: string | number): TargetChoice => (typeof given === "number" ? given : parseTarget(given));

const whatIs = (value: unknown): string => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return JSON.stringify(value).slice(0, 60);
  const unknown = Object.keys(value).find((key) => !Object.hasOwn(keys, key));
  if (unknown !== undefined) return `the key ${JSON.stringify(unknown)}`;
  return "prompt" in value ? "another type of value" : "no prompt";
};

/** Every key is known, or a misspelt one would be a question that nobody asked. */
const isEntry = (value: unknown): value is t.TypeOf<typeof entry> =>
  entry.is(value) && Object.keys(value).every((key) => Object.hasOwn(keys, key));

const entryOf =
  (question: Question) =>
  ({ where, value }: Found): E.Either<readonly Fault[], Entry> => {
    if (typeof value === "string") return E.right({ where, prompt: value, question });
    if (!isEntry(value))
      return E.left([fault("prompt", where, 'a text or { "prompt": …, "target": …, "foil": … }', whatIs(value))]);
    const { prompt, target, foil } = value;
    const own = {
      ...(target === undefined ? {} : { target: chosen(target) }),
      ...(foil === undefined ? {} : { foil: [foil].flat().map(chosen) }),
    };
    return E.right({ where, prompt, question: { ...question, ...own } });
  };

/**
 * What is asked about: for a file's entry, what it says itself, else what the call says for all. Faults: those of readPrompt(), and
 * of every entry that is no prompt.
 */
export const readEntries = (options: PromptsOptions): Faulty<readonly Entry[]> => {
  const question = questionOf(options);
  const { prompts: path } = options;
  if (path === undefined)
    return pipe(
      readPrompt(options),
      TE.map((prompt) => [{ where: "", prompt, question }]),
    );
  const reading = readings[extname(path).toLowerCase()] ?? asLines;
  return pipe(
    readText(path),
    TE.chainEitherK((text) => reading(text, path)),
    TE.chainEitherK((found) => all(found.map(entryOf(question)))),
    TE.filterOrElse(RA.isNonEmpty, (): readonly Fault[] => [fault("prompt", path, "at least one prompt", "none")]),
  );
};
