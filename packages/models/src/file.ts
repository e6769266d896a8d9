// How does a file of this machine reach us? Regular files only: a pipe would hang, a device never ends. Every failure of the
// operating system becomes a fault here.

import { open, stat } from "node:fs/promises";
import { type Fault, type Faulty, fault } from "@depass/graph";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { attempt, closeFile, jsonOf, type OpenFile } from "./open-file.ts";

/** Opens a regular file for reading. Faults (tag `file`): missing, not a file, not readable. */
export const openFile = (path: string): Faulty<OpenFile> =>
  pipe(
    attempt(path, "a file", () => stat(path)),
    TE.filterOrElse(
      (found) => found.isFile(),
      (): readonly Fault[] => [fault("file", path, "a file", "something else (a folder, a pipe or a device)")],
    ),
    TE.flatMap((found) =>
      attempt(path, "a readable file", async () => ({ path, handle: await open(path, "r"), bytes: found.size })),
    ),
  );

/** Runs `use` on an open file and closes it whatever happens. */
export const withFile = <A>(path: string, use: (file: OpenFile) => Faulty<A>): Faulty<A> =>
  TE.bracket(openFile(path), use, (file) => TE.fromTask(() => closeFile(file)));

/** A JSON file of at most `most` bytes. Faults: those of openFile and jsonOf. */
export const readJson = (path: string, most: number): Faulty<unknown> => withFile(path, (file) => jsonOf(file, most));
