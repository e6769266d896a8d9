// Which prompts are asked about? The one of the call; or those of a file, each with a question of its own where it has one: a JSON
// array, a line of JSON each, or a line of text each.
import { extname } from "node:path";
import { type Fault, type Faulty, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as RA from "fp-ts/lib/ReadonlyArray.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import * as t from "io-ts";
import type { Entry } from "../attribute-all.ts";
import type { Question } from "../question.ts";
import { parseTarget, type TargetChoice } from "../target.ts";
import { all } from "./all.ts";
import { jsonIn, messagesIn } from "./messages.ts";
import { type Given, type PromptOptions, readPrompt, readText } from "./prompt.ts";
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

const asArray: Reading = (text, path) =>
  pipe(
    jsonIn(text, path),
    E.filterOrElse(Array.isArray, (got): readonly Fault[] => [
      fault("prompt", path, "an array of prompts", got === null ? "null" : typeof got, "or name it .jsonl, or .txt"),
    ]),
    E.map((values: readonly unknown[]) => values.map((value, i) => ({ where: `${path} entry ${i + 1}`, value }))),
  );

const asJsonLines: Reading = (text, path) =>
  all(linesOf(text, path).map(({ where, value }) => E.map((read) => ({ where, value: read }))(jsonIn(value, where))));

const asLines: Reading = (text, path) => E.right(linesOf(text, path));

/** By the file's ending; any other is text. */
const readings: Readonly<Record<string, Reading>> = { ".json": asArray, ".jsonl": asJsonLines, ".ndjson": asJsonLines };

const choice = t.union([t.string, t.number]);
const optional = { target: choice, foil: t.union([choice, t.array(choice)]) };
const keys = { prompt: t.string, messages: t.unknown, ...optional };
const entry = t.intersection([
  t.union([t.type({ prompt: t.string }), t.type({ messages: t.unknown })]),
  t.partial(optional),
]);

const WANTED = 'a text or { "prompt": … or "messages": […], "target": …, "foil": … }';

const chosen = (given: string | number): TargetChoice => (typeof given === "number" ? given : parseTarget(given));

const whatIs = (value: unknown): string => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return JSON.stringify(value).slice(0, 60);
  const unknown = Object.keys(value).find((key) => !Object.hasOwn(keys, key));
  if (unknown !== undefined) return `the key ${JSON.stringify(unknown)}`;
  if ("prompt" in value && "messages" in value) return "both a prompt and messages";
  return "prompt" in value ? "another type of value" : "no prompt";
};

/** Every key is known, or a misspelt one would be a question that nobody asked. */
const isEntry = (value: unknown): value is t.TypeOf<typeof entry> =>
  entry.is(value) &&
  !("prompt" in value && "messages" in value) &&
  Object.keys(value).every((key) => Object.hasOwn(keys, key));

/** A prompt before a model has read it, and what is asked of it. */
export type GivenEntry = Omit<Entry, "prompt"> & { readonly prompt: Given };

const promptIn = (value: t.TypeOf<typeof entry>, where: string): E.Either<readonly Fault[], Given> =>
  "prompt" in value ? E.right(value.prompt) : messagesIn(value.messages, where);

const entryOf =
  (question: Question) =>
  ({ where, value }: Found): E.Either<readonly Fault[], GivenEntry> => {
    if (typeof value === "string") return E.right({ where, prompt: value, question });
    if (!isEntry(value)) return E.left([fault("prompt", where, WANTED, whatIs(value))]);
    const { target, foil } = value;
    const own = {
      ...(target === undefined ? {} : { target: chosen(target) }),
      ...(foil === undefined ? {} : { foil: [foil].flat().map(chosen) }),
    };
    return pipe(
      promptIn(value, where),
      E.map((prompt) => ({ where, prompt, question: { ...question, ...own } })),
    );
  };

/**
 * What is asked about: for a file's entry, what it says itself, else what the call says for all. Faults: those of readPrompt(), and
 * of every entry that is no prompt.
 */
export const readEntries = (options: PromptsOptions): Faulty<readonly GivenEntry[]> => {
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
