// `depass generate`: how does the model go on, and why so? Text appears as it comes; explanations follow when it is all there.
import type { Fault, FaultError, Faulty, Signal } from "@depass/graph";
import type { Model } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { OpenBackend } from "../backends.ts";
import { cite, type Unit } from "../cite.ts";
import { explanationOf } from "../explain-generated.ts";
import { about } from "../explainer.ts";
import { type Generation, generate as generated } from "../generate.ts";
import {
  type GenerationParts,
  type GenerationResult,
  generationResult,
  isJson,
  notJson,
  saveGeneration,
} from "../generation.ts";
import type { Extras } from "../page/sheet.ts";
import { checkWritable } from "../place.ts";
import type { Prompt } from "../prompt.ts";
import { citedLines, explainedFacts, explainedLines, type GenerationReport } from "../report/generation.ts";
import { duration } from "../report/numbers.ts";
import { generationRecords } from "../report/records.ts";
import { harmless } from "../report/visible.ts";
import { wrapWords } from "../report/width.ts";
import { toJson } from "../result.ts";
import { attended } from "./attended.ts";
import { type BackendOptions, checkBackend } from "./backend.ts";
import { type ModelOptions, withModel } from "./checkpoint.ts";
import {
  checkExplaining,
  checkFoils,
  type ExplainingOptions,
  explaining,
  type FoilOptions,
  foilAsked,
  hashesOf,
  methodAsked,
} from "./explaining.ts";
import { type FormatOptions, formatOf, shownAs } from "./format.ts";
import { withOwn } from "./own-method.ts";
import { checkPage, commandOf, type PageOptions, writePage } from "./page.ts";
import type { ProgressLine } from "./progress.ts";
import { type PromptOptions, promptTo, readPrompt, splitsOf } from "./prompt.ts";
import { rangesForRoles } from "./role-ranges.ts";
import { columnsOf, print, stdoutInk } from "./terminal.ts";

export type GenerateOptions = ModelOptions &
  PromptOptions &
  BackendOptions &
  PageOptions &
  ExplainingOptions &
  FoilOptions &
  FormatOptions & {
    readonly save?: string;
    readonly maxTokens: number;
    readonly temperature?: number;
    readonly topP?: number;
    readonly topK?: number;
    readonly seed?: number;
    readonly stop?: readonly string[];
    readonly explain?: true;
    readonly cite?: string;
    readonly by: Unit;
  };

type Answer = GenerationParts;

/** A thrown FaultError as the faults it carries; anything else is a bug and goes on. */
const faultsIn = (error: unknown): readonly Fault[] => {
  const { faults } = error as Partial<FaultError>;
  if (faults === undefined) throw error;
  return faults;
};

/** The text as it comes, unless one object or table is wanted at the end. */
const streamed = async (
  model: Model,
  prompt: Prompt,
  options: GenerateOptions,
  { backend }: OpenBackend,
  line: ProgressLine,
  signal: Signal,
): Promise<Generation> => {
  const quiet = { ...options, signal, backend, progress: line.phase("reading weights") };
  const tokens = generated(model, prompt, quiet);
  for (;;) {
    const next = await tokens.next();
    line.clear();
    if (next.done) return next.value;
    if (formatOf(options) === "text") process.stdout.write(harmless(next.value.text));
  }
};

const explained = (
  model: Model,
  generation: Generation,
  options: GenerateOptions,
  { backend }: OpenBackend,
  line: ProgressLine,
  signal: Signal,
): Faulty<Answer> =>
  options.explain !== true && options.cite === undefined && options.report === undefined
    ? TE.right({ generation })
    : pipe(
        TE.fromEither(methodAsked(model, options)),
        TE.chainFirstEitherK(() => checkFoils(options, generation)),
        TE.chain(({ level, rule }) =>
          explanationOf(model, backend, generation, {
            ...foilAsked(options),
            seed: level,
            rule,
            signal,
            progress: line.phase("explaining"),
          }),
        ),
        TE.chainEitherK((explanation) =>
          options.cite === undefined
            ? E.right({ generation, explanation })
            : pipe(
                cite(explanation, options.cite, options.by),
                E.map((citation) => ({ generation, explanation, citation })),
              ),
        ),
      );

/** The page of an answer that is explained. */
const paged = (
  model: Model,
  answer: Answer & { readonly open: OpenBackend },
  options: GenerateOptions,
  called: Pick<Extras, "command">,
) => {
  const { generation, explanation, open } = answer;
  if (explanation === undefined) return TE.right(undefined);
  const result = {
    ...{ generation, explanation, ...about(model, open.backend, open.why) },
    ...(options.cite === undefined ? {} : { cited: options.cite }),
  };
  return writePage(options, [{ result, ...called }]);
};

const called = (prompt: Prompt, options: GenerateOptions, words: readonly string[]): Pick<Extras, "command"> =>
  commandOf("generate", words, prompt, { ...options, given: options.prompt });

/** A half-written line is ended before anything else is said. */
const answered = (model: Model, prompt: Prompt, options: GenerateOptions, words: readonly string[]): Faulty<void> =>
  pipe(
    attended(options, ({ open, line, signal }) =>
      pipe(
        TE.tryCatch(() => streamed(model, prompt, options, open, line, signal), faultsIn),
        TE.chainFirstIOK(() => () => {
          if (formatOf(options) === "text") process.stdout.write("\n");
        }),
        TE.chain((generation) => explained(model, generation, options, open, line, signal)),
        TE.map((answer) => ({ ...answer, open })),
      ),
    ),
    TE.chain((answer) => {
      print(
        shownAs(options, {
          json: () => toJson(resultOf(model, answer)),
          records: () => generationRecords(answer),
          text: () => told(answer, options),
        }),
      );
      return pipe(
        options.save === undefined ? TE.right(undefined) : kept(options.save, model, prompt, options, answer),
        TE.chain(() => paged(model, answer, options, called(prompt, options, words))),
      );
    }),
  );

const told = ({ generation, explanation, citation, open }: Told, { explain, cite: cites }: GenerateOptions): string => {
  const isUnasked = explain !== true && cites === undefined; // but for the page
  const look: GenerationReport = { ink: stdoutInk(), columns: columnsOf(process.stdout) };
  const { generated: tokens, finish, times } = generation;
  const each = tokens.length > 1 ? `, ${((tokens.length - 1) / times.tokens).toFixed(1)} tokens a second` : "";
  const spent = `${tokens.length} tokens (${endings[finish]}) in ${duration(times.prompt + times.tokens)}${each}`;
  return [
    ...(explanation === undefined || isUnasked ? [] : ["", ...explainedLines(explanation, look)]),
    ...(citation === undefined ? [] : ["", ...citedLines(citation, look)]),
    "",
    ...[
      `${spent}; ${open.backend.name} on ${open.backend.device}: ${open.why}`,
      ...(explanation === undefined
        ? []
        : [
            `${explainedFacts(explanation)}; explained in ${duration(explanation.times.prepare + explanation.times.run)}`,
          ]),
    ].flatMap((line) => wrapWords(line, look.columns)),
  ]
    .map(look.ink.plain ? harmless : (text) => text)
    .join("\n");
};

const endings: Readonly<Record<Generation["finish"], string>> = {
  end: "the model ended it",
  stop: "at a text to stop at",
  tokens: "as many as wanted",
  context: "the model's context is full",
};

type Told = Answer & { readonly open: OpenBackend };

const resultOf = (model: Model, { open: { backend, why }, ...answer }: Told): GenerationResult =>
  generationResult(model, backend, why, answer);

/** What an explanation is made again by. */
const callOf = (options: GenerateOptions): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    [...explaining, "foil", "foilAt", "model", "families"].map((name) => [
      name,
      options[name as keyof GenerateOptions],
    ]),
  );

const kept = (path: string, model: Model, prompt: Prompt, options: GenerateOptions, answer: Told): Faulty<void> =>
  pipe(
    hashesOf(model, options, foilAsked(options).foil !== undefined),
    TE.chain((hashes) =>
      saveGeneration(path, { ...resultOf(model, answer), hashes, call: { ...callOf(options), ...splitsOf(prompt) } }),
    ),
  );

const checkPlace = (path: string | undefined): Faulty<void> => {
  if (path === undefined) return TE.right(undefined);
  return isJson(path) ? checkWritable(path) : TE.left(notJson(path));
};

/**
 * `words`: as attribute()'s. Faults: those of the call, of the checkpoint, of the backend, of the page to write, and a text to cite
 * that is not in the answer.
 */
export const generate = (options: GenerateOptions, words: readonly string[]): Faulty<void> =>
  pipe(
    TE.fromEither(checkBackend(options)),
    TE.chainEitherK(() => checkExplaining(options)),
    TE.chain(() => checkPlace(options.save)),
    TE.chain(() => checkPage(options)),
    TE.chain(() => readPrompt(options)),
    TE.chain((prompt) =>
      withModel(options, (model) =>
        pipe(
          withOwn(options, model),
          TE.chainFirstEitherK((asked) => methodAsked(model, asked)),
          TE.bindTo("asked"),
          TE.bind("text", () => promptTo(model, prompt, options)),
          TE.bind("ready", ({ asked, text }) => TE.fromEither(rangesForRoles(asked, text))),
          TE.chain(({ ready, text }) => answered(model, text, ready, words)),
        ),
      ),
    ),
  );
