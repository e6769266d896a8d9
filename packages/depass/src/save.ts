// How is an attribution kept in a file? As the JSON that is printed, or as safetensors with the parts' states beside it.
// The place is tried before the model runs, and the file appears whole or not at all.
import { randomUUID } from "node:crypto";
import { open, rename, rm, stat } from "node:fs/promises";
import { extname } from "node:path";
import { type Fault, type Faulty, fault, i32, tensor } from "@depass/graph";
import { entryOf, writeSafetensors } from "@depass/models";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type Attribution, toJson } from "./result.ts";
import { type SavableEnding, savableEnding, savableEndings } from "./savable.ts";

type Writer = (path: string, attribution: Attribution) => Faulty<void>;

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "a folder that does not exist",
  ENOTDIR: "a path through something that is not a folder",
  EACCES: "no permission to write there",
  EPERM: "no permission to write there",
  EROFS: "a file system that is read-only",
  ENOSPC: "no space left on the disk",
  ENAMETOOLONG: "a name that is too long",
};

const attempt = <A>(path: string, expected: string, run: () => Promise<A>): Faulty<A> =>
  TE.tryCatch(run, (error): readonly Fault[] => {
    const { code = "", message = String(error) } = error as NodeJS.ErrnoException;
    return [fault("file", path, expected, reasons[code] ?? message)];
  });

const temporaryOf = (path: string): string => `${path}.${randomUUID()}.tmp`;

const writeText = async (path: string, text: string): Promise<void> => {
  const temporary = temporaryOf(path);
  try {
    const file = await open(temporary, "wx");
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
};

const writeJson: Writer = (path, attribution) =>
  attempt(path, "to write", () => writeText(path, `${JSON.stringify(toJson(attribution), null, 2)}\n`));

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

const isPlace = async (path: string): Promise<boolean> => {
  const found = await stat(path).catch(() => undefined);
  return found === undefined || found.isFile();
};

/** Whether a file could be written there, tried by writing an empty one beside its place. */
export const checkPlace = (path: string): Faulty<void> =>
  savableEnding(path) !== undefined
    ? pipe(
        TE.fromTask<boolean, readonly Fault[]>(() => isPlace(path)),
        TE.filterOrElse(
          (is) => is,
          (): readonly Fault[] => [fault("file", path, "a place for a file", "a folder, a pipe or a device")],
        ),
        TE.chain(() =>
          attempt(path, "a place to write to", async () => {
            const temporary = temporaryOf(path);
            await (await open(temporary, "wx")).close();
            await rm(temporary);
          }),
        ),
      )
    : TE.left(unknownEnding(path));

/** Writes the file; faults: an unknown ending, and those of the disk. */
export const save = (path: string, attribution: Attribution): Faulty<void> =>
  writerFor(path)?.(path, attribution) ?? TE.left(unknownEnding(path));
