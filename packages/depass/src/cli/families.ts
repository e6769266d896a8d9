// Which families has the caller of their own? A module that exports `families`: functions by `model_type`, each from the JSON of
// a config.json to an architecture (see docs/models.md).
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Fault, type Faulty, fault } from "@depass/graph";
import type { Families } from "@depass/models";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";

const isFamilies = (value: unknown): value is Families =>
  typeof value === "object" && value !== null && Object.values(value).every((family) => typeof family === "function");

const wanted = "a module that exports families, functions by model_type";

/** None without a path. Faults (tag `families`): not a module that can be loaded, or one without `families`. */
export const readFamilies = (path: string | undefined): Faulty<Families> =>
  path === undefined
    ? TE.right({})
    : pipe(
        TE.tryCatch(
          () => import(pathToFileURL(resolve(path)).href) as Promise<{ readonly families?: unknown }>,
          (error): readonly Fault[] => [
            fault("families", path, wanted, error instanceof Error ? error.message : String(error)),
          ],
        ),
        TE.chain(({ families }) =>
          isFamilies(families)
            ? TE.right(families)
            : TE.left([fault("families", path, wanted, "one without", "see docs/models.md")]),
        ),
      );
