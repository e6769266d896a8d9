// Which checkpoint do the options name? Opened for as long as a command uses it, and closed whatever happens.
import type { Faulty } from "@depass/graph";
import { loadModel, type Model } from "@depass/models";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { since } from "../clock.ts";
import { demoFolder } from "../demo.ts";

/** The folder of --model; without one, the demo that comes along. */
export const folderOf = (model: string | undefined): string => model ?? demoFolder;

/** Uses the model of a folder; `seconds` is how long it took to open. */
export const withModel = <A>(folder: string, use: (model: Model, seconds: number) => Faulty<A>): Faulty<A> => {
  const elapsed = since();
  return TE.bracket(
    loadModel(folder),
    (model) => use(model, elapsed()),
    (model) => pipe(model.close, TE.fromTask),
  );
};
