// What is in a file that was saved? Any kind of result, told by a key that no other has, or a line each of several.
import { extname } from "node:path";
import { type Fault, type Faulty, fault } from "@depass/graph";
import { parseJson } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { Comparison } from "./compare.ts";
import { type GenerationResult, generationIn } from "./generation.ts";
import type { Maps } from "./maps.ts";
import type { Attribution } from "./result.ts";
import { savableEnding, savableEndings } from "./savable.ts";
import { attributionIn, readResult } from "./saved.ts";
import { comparisonIn } from "./saved-comparison.ts";
import { mapsIn } from "./saved-maps.ts";
import { jsonAt, textAt } from "./stored.ts";

/** Every kind of result that is saved, by the key that tells it. */
export type Kinds = {
  readonly parts: Attribution;
  readonly heads: Maps;
  readonly attributions: Comparison;
  readonly generated: GenerationResult;
};

type Reader<A> = (json: unknown, path: string) => E.Either<readonly Fault[], A>;

const readers: { readonly [K in keyof Kinds]: Reader<Kinds[K]> } = {
  parts: attributionIn,
  heads: mapsIn,
  attributions: comparisonIn,
  generated: generationIn,
};

export type Saved = Kinds[keyof Kinds];

/** One result of a file; `where` names the file, and the line where it has several. */
export type SavedIn = { readonly where: string; readonly result: Saved };

/** The key of a value that says of which kind it is. */
export const kindOf = (value: unknown): keyof Kinds | undefined =>
  typeof value === "object" && value !== null
    ? (Object.keys(readers) as (keyof Kinds)[]).find((key) => Object.hasOwn(value, key))
    : undefined;

const decoded = (json: unknown, where: string): E.Either<readonly Fault[], SavedIn> => {
  const kind = kindOf(json);
  return kind === undefined
    ? E.left([fault("result", where, "a saved result", "something else")])
    : pipe(
        readers[kind](json, where) as E.Either<readonly Fault[], Saved>,
        E.map((result) => ({ where, result })),
      );
};

/** A line each; those that are empty are none. Faults of the first that is wrong. */
const inLines = (text: string, path: string): E.Either<readonly Fault[], readonly SavedIn[]> =>
  pipe(
    text.split("\n").flatMap((line, i) => (line.trim() === "" ? [] : [{ line, where: `${path} line ${i + 1}` }])),
    E.traverseArray(({ line, where }) =>
      pipe(
        parseJson(line, where),
        E.chain((json) => decoded(json, where)),
      ),
    ),
    E.filterOrElse(
      (found) => found.length > 0,
      (): readonly Fault[] => [fault("result", path, "a saved result", "none")],
    ),
  );

const asOne = (found: SavedIn): readonly SavedIn[] => [found];

/**
 * Reads whatever `--save`, save() or saveGeneration() wrote: one result, or those of the lines of a `.jsonl`. Faults: another
 * ending, no such file, another file.
 */
export const readSaved = (path: string): Faulty<readonly SavedIn[]> => {
  const ending = savableEnding(path);
  if (ending === undefined)
    return TE.left([
      fault("usage", path, `a name that ends in ${savableEndings.join(" or ")}`, extname(path) || "none"),
    ]);
  if (ending === ".safetensors") return TE.map((result: Attribution) => [{ where: path, result }])(readResult(path));
  return ending === ".json"
    ? pipe(
        jsonAt(path),
        TE.chainEitherK((json) => decoded(json, path)),
        TE.map(asOne),
      )
    : pipe(
        textAt(path),
        TE.chainEitherK((text) => inLines(text, path)),
      );
};
