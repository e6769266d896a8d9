// `depass map`: which heads and modules made this token? Everything that can be wrong with the call is found before the
// weights are read.
import type { Faulty, Rule } from "@depass/graph";
import type { Model } from "@depass/models";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { encodePrompt } from "../explainer.ts";
import { explainedMaps, type Maps } from "../maps.ts";
import type { Prompt } from "../prompt.ts";
import type { Question } from "../question.ts";
import { mapsReport } from "../report/maps.ts";
import { mapRecords } from "../report/records.ts";
import { toJson } from "../result.ts";
import { attended, runOptions } from "./attended.ts";
import { type BackendOptions, checkBackend } from "./backend.ts";
import { type ModelOptions, withModel } from "./checkpoint.ts";
import { type FormatOptions, shownAs } from "./format.ts";
import { type RuleName, ruleOf } from "./method.ts";
import { checkPage, commandOf, type PageOptions, writePage } from "./page.ts";
import { type PromptOptions, promptTo, readPrompt } from "./prompt.ts";
import { type QuestionOptions, questionOf } from "./question.ts";
import { columnsOf, print, stdoutInk } from "./terminal.ts";

export type MapOptions = ModelOptions &
  PromptOptions &
  QuestionOptions &
  BackendOptions &
  PageOptions &
  FormatOptions & {
    readonly rule: RuleName;
    readonly temperature: number;
    readonly top: number;
  };

/** A call that was understood: model open, prompt and target encodable. */
type Ask = {
  readonly model: Model;
  readonly load: number;
  readonly prompt: Prompt;
  readonly question: Question;
  readonly rule: Rule;
  readonly options: MapOptions;
};

const mapsOn = ({ model, load, prompt, question, rule, options }: Ask): Faulty<Maps> =>
  pipe(
    attended(options, (a) => explainedMaps(model, a.open.backend, prompt, { ...question, rule, ...runOptions(a) })),
    TE.map((maps) => ({ ...maps, times: { load, ...maps.times } })),
  );

const printed = (maps: Maps, options: MapOptions): string =>
  shownAs(options, {
    json: () => toJson(maps),
    records: () => mapRecords(maps),
    text: () =>
      mapsReport(maps, {
        ink: stdoutInk(),
        columns: columnsOf(process.stdout),
        top: options.top,
        own: options.target === undefined,
      }).join("\n"),
  });

/**
 * `words`: as attribute()'s. Faults: those of the call, of the checkpoint, of the backend and of the page to write; stdout gets
 * whole results only.
 */
export const map = (options: MapOptions, words: readonly string[]): Faulty<void> => {
  const question = questionOf(options);
  return pipe(
    TE.fromEither(checkBackend(options)),
    TE.chain(() => checkPage(options)),
    TE.chain(() => readPrompt(options)),
    TE.chain((prompt) =>
      withModel(options, (model, load) =>
        pipe(
          promptTo(model, prompt, options),
          TE.chainFirstEitherK((text) => encodePrompt(model, text, question)),
          TE.chain((text) =>
            mapsOn({ model, load, prompt: text, question, rule: ruleOf({ ...options, special: "ignore" }), options }),
          ),
        ),
      ),
    ),
    TE.chain((maps) => {
      print(printed(maps, options));
      return writePage(options, maps, commandOf("map", words, maps.prompt, options));
    }),
  );
};
