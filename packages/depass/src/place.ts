// Can a text be written to a place, and how does it get there? The place is tried before anything long is done for it, and the
// file appears whole or not at all.
import { randomUUID } from "node:crypto";
import { open, rename, rm, stat, writeFile } from "node:fs/promises";
import { type Fault, type Faulty, fault } from "@depass/graph";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";

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

const isPlace = async (path: string): Promise<boolean> => {
  const found = await stat(path).catch(() => undefined);
  return found === undefined || found.isFile();
};

/** Whether a file could be written there, tried by writing an empty one beside its place. */
export const checkWritable = (path: string): Faulty<void> =>
  pipe(
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
  );

const write = async (path: string, text: string | Iterable<string>): Promise<void> => {
  const temporary = temporaryOf(path);
  try {
    const file = await open(temporary, "wx");
    try {
      await writeFile(file, text);
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

/** Writes a text, or the pieces of one in turn. Faults: those of the disk. */
export const writeWhole = (path: string, text: string | Iterable<string>): Faulty<void> =>
  attempt(path, "to write", () => write(path, text));
