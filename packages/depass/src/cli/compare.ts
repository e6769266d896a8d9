// `depass compare`: how much do the scores move between rules and temperatures?
import type { Fault, Rule } from "@depass/graph";
import type { Model } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type Comparison, compared, comparisonJson, everyRule } from "../compare.ts";
import { encodePrompt } from "../explainer.ts";
import { explanationGraph } from "../explanation.ts";
import { graphsHash } from "../fingerprint.ts";
import { lazy } from "../lazy.ts";
import type { Level } from "../level.ts";
import { comparisonReport } from "../report/comparison.ts";
import { comparisonRecords } from "../report/records.ts";
import type { Asking, Origin } from "./ask.ts";
import { type MethodOptions, methodOf } from "./method.ts";
import type { OwnOptions } from "./own-method.ts";
import { type TellOptions, tell } from "./tell.ts";
import { columnsOf, stdoutInk } from "./terminal.ts";

export type CompareOptions = TellOptions & Omit<MethodOptions, "rule" | "special" | "temperature">;

/** One's own beside those that come along. */
const rulesOf = (own: OwnOptions["own"]): readonly Rule[] => [
  ...everyRule(),
  ...(own?.rule === undefined ? [] : [own.rule]),
];

const originOf = (
  model: Model,
  { seed: level }: Level,
  { seed, from, neurons, range, drill, own }: CompareOptions,
): E.Either<readonly Fault[], Origin> =>
  pipe(
    rulesOf(own),
    E.traverseArray((rule) => explanationGraph(model, { seed: level, rule })),
    E.map((all) => ({ graph: graphsHash(all.map(({ graph }) => graph)), call: { seed, from, neurons, range, drill } })),
  );

/** Faults: those of the call, of the checkpoint and of the backend. */
export const comparing: Asking<CompareOptions, Comparison> = {
  name: "compare",
  faults: () => [],
  understood: (model, options) =>
    pipe(
      methodOf({ ...options, temperature: 1, special: "ignore" }, model),
      E.map(({ level }) => ({ level, origin: lazy(() => originOf(model, level, options)) })),
      E.map(({ level, origin }) => ({
        check: (prompt, question) => encodePrompt(model, prompt, question),
        // Seven rules are seven graphs, each with the weights: none is kept.
        on:
          ({ backend, why }) =>
          (prompt, ask) =>
            pipe(
              compared(model, backend, prompt, { why, ...ask, seed: level, rules: rulesOf(options.own) }),
              TE.map((result) => ({ result, origin })),
            ),
      })),
    ),
  shown: (comparison) => ({
    json: () => comparisonJson(comparison),
    records: () => comparisonRecords(comparison),
    text: () => comparisonReport(comparison, columnsOf(process.stdout), stdoutInk()).join("\n"),
  }),
};

export const compare = tell(comparing);
