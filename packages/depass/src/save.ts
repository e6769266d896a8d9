// How is a result kept in a file? As the JSON that is printed, an attribution also as safetensors with the parts' states beside
// it, several results as a line of JSON each.
import { extname } from "node:path";
import { type Fault, type Faulty, fault, i32, tensor } from "@depass/graph";
import { entryOf, writeSafetensors } from "@depass/models";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type Comparison, comparisonJson } from "./compare.ts";
import { checkWritable, writeWhole } from "./place.ts";
import { type Attribution, toJson } from "./result.ts";
import { type SavableEnding, savableEnding, savableEndings } from "./savable.ts";
import { kindOf, type Saved } from "./saved-kinds.ts";

/** What `--json` prints of any result. */
const jsonOf = (result: Saved): unknown =>
  "attributions" in result ? comparisonJson(result) : toJson<Exclude<Saved, Comparison>>(result);

/** The line of a result among several. */
export const lineOf = (result: Saved): string => `${JSON.stringify(jsonOf(result))}\n`;

type Writer = (path: string, result: Saved) => Faulty<void>;

const writeJson: Writer = (path, result) => writeWhole(path, `${JSON.stringify(jsonOf(result), null, 2)}\n`);

const writeLine: Writer = (path, result) => writeWhole(path, lineOf(result));

/** Scores in the order of the states' rows: absent extras have none. */
const scoresOf = ({ parts, states }: Attribution): readonly number[] => {
  if (states === undefined) return parts.map((p) => p.score);
  const named = parts.slice(0, -2);
  const extras = states.names.slice(named.length).map((name) => parts.findLast((p) => p.name === name));
  return [...named, ...extras].map((p) => p?.score ?? 0);
};

/**
 * `parts [M, D]` (not in adjoint mode) and `scores [M]` f64, `ids [T]` i32; the metadata `depass` is the JSON, `rows` names
 * the M parts.
 */
const writeTensors = (path: string, attribution: Attribution): Faulty<void> => {
  const { states, tokens, parts } = attribution;
  const scores = Float64Array.from(scoresOf(attribution));
  const ids = tokens.map((t) => t.id);
  return writeSafetensors(
    path,
    [
      ...(states === undefined ? [] : [entryOf("parts", tensor("f64", states.shape, states.data))]),
      entryOf("scores", tensor("f64", [scores.length], scores)),
      entryOf("ids", i32([tokens.length], ids)),
    ],
    new Map([
      ["depass", JSON.stringify(toJson(attribution))],
      ["rows", JSON.stringify(states?.names ?? parts.map((p) => p.name))],
    ]),
  );
};

const isAttribution = (result: Saved): result is Attribution => kindOf(result) === "parts";

const writers: Readonly<Record<SavableEnding, Writer>> = {
  ".json": writeJson,
  ".jsonl": writeLine,
  ".safetensors": (path, result) =>
    isAttribution(result)
      ? writeTensors(path, result)
      : TE.left([
          fault("usage", path, "a name that ends in .json or .jsonl", ".safetensors, which is for attributions"),
        ]),
};

const unknownEnding = (path: string): readonly Fault[] => [
  fault("usage", path, `a name that ends in ${savableEndings.join(" or ")}`, extname(path) || "none of them"),
];

/** Whether a result could be saved there. Faults: an unknown ending, a place where no file can be. */
export const checkPlace = (path: string): Faulty<void> =>
  savableEnding(path) !== undefined ? checkWritable(path) : TE.left(unknownEnding(path));

/**
 * Writes a result of any kind to a file; faults: an ending that is unknown or not for this kind, and those of the disk.
 */
export const save = (path: string, result: Saved): Faulty<void> => {
  const ending = savableEnding(path);
  return ending === undefined ? TE.left(unknownEnding(path)) : writers[ending](path, result);
};

/** Writes several, a line of JSON each, to a `.jsonl`. Faults: another ending, and those of the disk. */
export const saveAll = (path: string, results: Iterable<Saved>): Faulty<void> =>
  savableEnding(path) === ".jsonl"
    ? writeWhole(path, linesOf(results))
    : TE.left([fault("usage", path, "a name that ends in .jsonl", extname(path) || "none")]);

function* linesOf(results: Iterable<Saved>): Generator<string> {
  for (const result of results) yield lineOf(result);
}
