// Which checkpoint do the options name? Opened for as long as a command uses it, and closed whatever happens.
import type { Fault, Faulty } from "@depass/graph";
import { loadModel, type Model } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { since } from "../clock.ts";
import { usage } from "./outcome.ts";

/** The folder of --model, or how to give one. */
export const folderOf = (model: string | undefined): E.Either<readonly Fault[], string> =>
  model === undefined
    ? E.left([
        usage(
          "--model",
          "a folder with config.json, *.safetensors and tokenizer.json",
          "none",
          "give one, such as --model ~/models/SmolLM2-135M-Instruct",
        ),
      ])
    : E.right(model);

/** Uses the model of a folder; `seconds` is how long it took to open. */
export const withModel = <A>(folder: string, use: (model: Model, seconds: number) => Faulty<A>): Faulty<A> => {
  const elapsed = since();
  return TE.bracket(
    loadModel(folder),
    (model) => use(model, elapsed()),
    (model) => pipe(model.close, TE.fromTask),
  );
};
