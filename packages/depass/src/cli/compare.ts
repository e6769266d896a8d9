// `depass compare`: how much do the scores move between rules and temperatures?
import type { Faulty } from "@depass/graph";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type Comparison, compared, everyRule } from "../compare.ts";
import { encodePrompt } from "../explainer.ts";
import { comparisonReport } from "../report/comparison.ts";
import { comparisonRecords } from "../report/records.ts";
import { toJson } from "../result.ts";
import { attended, runOptions } from "./attended.ts";
import type { AttributeOptions } from "./attribute.ts";
import { checkBackend } from "./backend.ts";
import { withModel } from "./checkpoint.ts";
import { shownAs } from "./format.ts";
import { methodOf } from "./method.ts";
import { checkPage, commandOf, writePage } from "./page.ts";
import { promptTo, readPrompt } from "./prompt.ts";
import { questionOf } from "./question.ts";
import { print, stdoutInk } from "./terminal.ts";

export type CompareOptions = Omit<
  AttributeOptions,
  "rule" | "mode" | "layers" | "to" | "save" | "all" | "chat" | "maps" | "compare"
>;

const comparison = (options: CompareOptions, prompt: string): Faulty<Comparison> =>
  withModel(options, (model) =>
    pipe(
      TE.fromEither(methodOf(options, model)),
      TE.bindTo("method"),
      TE.bind("asked", () => promptTo(model, prompt, options)),
      TE.chainFirstEitherK(({ asked }) => encodePrompt(model, asked, questionOf(options))),
      TE.chain(({ method: { level }, asked }) =>
        attended(options, (a) =>
          compared(model, a.open.backend, asked, {
            ...questionOf(options),
            seed: level,
            rules: everyRule(),
            ...runOptions(a),
          }),
        ),
      ),
    ),
  );

/** `words` and faults: those of `depass attribute`. */
export const compare = (options: CompareOptions, words: readonly string[]): Faulty<void> =>
  pipe(
    TE.fromEither(checkBackend(options)),
    TE.chain(() => checkPage(options)),
    TE.chain(() => readPrompt(options)),
    TE.chain((prompt) =>
      pipe(
        comparison(options, prompt),
        TE.map((found) => ({ found, ...commandOf("compare", words, prompt, options) })),
      ),
    ),
    TE.chain(({ found, ...called }) => {
      print(
        shownAs(options, {
          json: () => ({ moved: found.moved, attributions: found.attributions.map(toJson) }),
          records: () => comparisonRecords(found),
          text: () => comparisonReport(found, stdoutInk()).join("\n"),
        }),
      );
      return writePage(options, found, called);
    }),
  );
