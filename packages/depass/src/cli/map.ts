// `depass map`: which heads and modules made this token? Everything that can be wrong with the call is found before the
// weights are read.
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { encodePrompt } from "../explainer.ts";
import { graphHash } from "../fingerprint.ts";
import { lazy } from "../lazy.ts";
import { graphOfMaps, type Maps, mapping } from "../maps.ts";
import { mapsReport } from "../report/maps.ts";
import { mapRecords } from "../report/records.ts";
import { toJson } from "../result.ts";
import type { Asking } from "./ask.ts";
import { usage } from "./outcome.ts";
import { twiceSaid } from "./own-method.ts";
import { ruleOf } from "./rules.ts";
import { type TellOptions, tell } from "./tell.ts";
import { columnsOf, stdoutInk } from "./terminal.ts";

export type MapOptions = TellOptions & {
  readonly rule: string;
  readonly temperature: number;
  readonly top: number;
};

/** Faults: those of the call, of the checkpoint and of the backend. */
export const mapsAsked: Asking<MapOptions, Maps> = {
  name: "map",
  faults: () => [],
  understood: (model, options) => {
    const { rule: text, temperature, own } = options;
    const odd =
      own?.seed === undefined ? [] : [usage("--method", "a rule or a direction", "a seed", "attribute takes it")];
    const twice = [...odd, ...twiceSaid(options, { rule: text !== "softmax", parts: false })];
    if (twice.length > 0) return E.left(twice);
    return pipe(
      ruleOf(model.architecture, { ...options, special: "ignore" }),
      E.map((rule) => {
        const maps = mapping(model, rule);
        const origin = lazy(() =>
          pipe(
            graphOfMaps(model, rule),
            E.map((graph) => ({ graph: graphHash(graph), call: { rule: text, temperature } })),
          ),
        );
        return {
          check: (prompt, question) => encodePrompt(model, prompt, question),
          on:
            ({ why }, kept) =>
            (prompt, ask) =>
              pipe(
                maps(kept, prompt, { why, ...ask }),
                TE.map((result) => ({ result, origin })),
              ),
        };
      }),
    );
  },
  shown: (maps, options) => ({
    json: () => toJson(maps),
    records: () => mapRecords(maps),
    text: () =>
      mapsReport(maps, {
        ink: stdoutInk(),
        columns: columnsOf(process.stdout),
        top: options.top,
        own: options.target === undefined,
      }).join("\n"),
  }),
};

export const map = tell(mapsAsked);
