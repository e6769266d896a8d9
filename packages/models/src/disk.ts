// A folder of this machine as a Folder.

import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Fault, type Faulty, fault } from "@depass/graph";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { openFile } from "./file.ts";
import type { Folder } from "./folder.ts";
import { attempt } from "./open-file.ts";

/** Names in a folder. Faults (tag `file`): not there, not a folder, not readable. */
export const namesIn = (folder: string): Faulty<readonly string[]> =>
  pipe(
    attempt(folder, "a folder", () => stat(folder)),
    TE.filterOrElse(
      (found) => found.isDirectory(),
      (): readonly Fault[] => [fault("file", folder, "a folder", "a file", "give the folder that holds config.json")],
    ),
    TE.flatMap(() => attempt(folder, "a readable folder", () => readdir(folder))),
  );

/** A folder whose names are known. */
export const onDisk = (path: string, names: readonly string[]): Folder => {
  const pathOf = (name: string): string => join(path, name);
  return { path, names, pathOf, open: (name) => openFile(pathOf(name)) };
};

/** Faults: those of namesIn. */
export const diskFolder = (path: string): Faulty<Folder> =>
  pipe(
    namesIn(path),
    TE.map((names) => onDisk(path, names)),
  );
