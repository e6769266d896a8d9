// How is an attribution kept in a file? As the JSON that is printed, or as safetensors with the parts' states beside it.
import { extname } from "node:path";
import { type Fault, type Faulty, fault, i32, tensor } from "@depass/graph";
import { entryOf, writeSafetensors } from "@depass/models";
import * as TE from "fp-ts/lib/TaskEither.js";
import { checkWritable, writeWhole } from "./place.ts";
import { type Attribution, toJson } from "./result.ts";
import { type SavableEnding, savableEnding, savableEndings } from "./savable.ts";

type Writer = (path: string, attribution: Attribution) => Faulty<void>;

const writeJson: Writer = (path, attribution) => writeWhole(path, `${JSON.stringify(toJson(attribution), null, 2)}\n`);

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
const writeTensors: Writer = (path, attribution) => {
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

const writers: Readonly<Record<SavableEnding, Writer>> = { ".json": writeJson, ".safetensors": writeTensors };

const writerFor = (path: string): Writer | undefined => {
  const ending = savableEnding(path);
  return ending && writers[ending];
};

const unknownEnding = (path: string): readonly Fault[] => [
  fault("usage", path, `a name that ends in ${savableEndings.join(" or ")}`, extname(path) || "none of them"),
];

/** Whether the result could be saved there. Faults: an unknown ending, a place where no file can be. */
export const checkPlace = (path: string): Faulty<void> =>
  savableEnding(path) !== undefined ? checkWritable(path) : TE.left(unknownEnding(path));

/** Writes the file; faults: an unknown ending, and those of the disk. */
export const save = (path: string, attribution: Attribution): Faulty<void> =>
  writerFor(path)?.(path, attribution) ?? TE.left(unknownEnding(path));
