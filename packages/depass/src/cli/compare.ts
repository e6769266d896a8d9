// `depass compare`: how much do the scores move between rules and temperatures?
import type { Faulty, Signal } from "@depass/graph";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { openBackend } from "../backends.ts";
import { type Comparison, compared, everyRule } from "../compare.ts";
import { encodePrompt } from "../explainer.ts";
import { comparisonReport } from "../report/comparison.ts";
import { toJson } from "../result.ts";
import { type AttributeOptions, questionOf } from "./attribute.ts";
import { withModel } from "./checkpoint.ts";
import { interruptible } from "./interrupt.ts";
import { methodOf } from "./method.ts";
import { progressLine } from "./progress.ts";
import { readPrompt } from "./prompt.ts";
import { print, stdoutInk } from "./terminal.ts";

export type CompareOptions = Omit<AttributeOptions, "rule" | "mode" | "layers" | "to" | "save" | "all">;

const comparison = (options: CompareOptions, prompt: string): Faulty<Comparison> =>
  withModel(options, (model) =>
    pipe(
      TE.fromEither(methodOf(options, model)),
      TE.chainFirst(() => TE.fromEither(encodePrompt(model, prompt, questionOf(options)))),
      TE.chain(({ level }) => async () => {
        const line = progressLine(process.stderr);
        const task = (signal: Signal): Faulty<Comparison> =>
          TE.bracket(
            openBackend(options),
            ({ backend, why }) =>
              compared(model, backend, prompt, {
                ...questionOf(options),
                seed: level,
                rules: everyRule(),
                why,
                signal,
                progress: line.phase("running"),
              }),
            ({ backend }) => TE.fromTask(async () => backend.close()),
          );
        const result = await interruptible(task, line.clear)();
        line.clear();
        return result;
      }),
    ),
  );

/** Faults: those of `depass attribute`. */
export const compare = (options: CompareOptions): Faulty<void> =>
  pipe(
    readPrompt(options),
    TE.chain((prompt) => comparison(options, prompt)),
    TE.map((found) =>
      print(
        options.json
          ? JSON.stringify({ moved: found.moved, attributions: found.attributions.map(toJson) })
          : comparisonReport(found, stdoutInk()).join("\n"),
      ),
    ),
  );
