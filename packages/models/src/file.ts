// How does a file reach us? Regular files only (a pipe would hang, a device never ends), whole when small and bounded,
// in ranges through a handle when large. Every failure of the operating system becomes a fault here.

import { open, stat } from "node:fs/promises";
import { type Fault, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { describe } from "./describe.ts";
import { decodeUtf8, parseJson } from "./json.ts";

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "nothing there",
  ENOTDIR: "a path through something that is not a folder",
  EACCES: "no permission to read it",
  EPERM: "no permission to read it",
  EMFILE: "too many open files",
  ENOSPC: "no space left on the disk",
  ELOOP: "a loop of links",
};

/** What the operating system said, in words. */
const reason = (error: unknown): string => {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
};

/** An effect of the operating system on `path`; `expected` says what was hoped for. */
export const attempt = <A>(path: string, expected: string, run: () => Promise<A>): TE.TaskEither<readonly Fault[], A> =>
  TE.tryCatch(run, (error) => [fault("file", path, expected, reason(error))]);

/** What is used of a file handle; Node's own type would ask those who use this package for Node's types. */
type Handle = {
  readonly read: (into: Uint8Array, offset: number, length: number, position: number) => Promise<{ bytesRead: number }>;
  readonly close: () => Promise<void>;
};

export type OpenFile = { readonly path: string; readonly handle: Handle; readonly bytes: number };

/** Opens a regular file for reading. Faults (tag `file`): missing, not a file, not readable. */
export const openFile = (path: string): TE.TaskEither<readonly Fault[], OpenFile> =>
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

export const closeFile = async ({ handle }: OpenFile): Promise<void> => {
  await handle.close().catch(() => undefined); // a file only read from: nothing can be lost
};

const MOST_AT_ONCE = 2 ** 30; // bytes; Node refuses single reads of 2 GiB

const fill = async ({ handle }: OpenFile, into: Uint8Array, position: number): Promise<number> => {
  let done = 0;
  while (done < into.length) {
    const length = Math.min(MOST_AT_ONCE, into.length - done);
    const { bytesRead } = await handle.read(into, done, length, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
};

/** Exactly `count` bytes from `position`, in a buffer of their own (so any typed view of it is aligned). */
export const readBytes = (
  file: OpenFile,
  position: number,
  count: number,
): TE.TaskEither<readonly Fault[], Uint8Array<ArrayBuffer>> =>
  pipe(
    attempt(file.path, `${count} bytes at ${position}`, async () => {
      const into = new Uint8Array(count);
      return { into, done: await fill(file, into, position) };
    }),
    TE.flatMap(({ into, done }) =>
      done === count
        ? TE.right(into)
        : TE.left([
            fault("file", file.path, `${count} bytes at ${position}`, `${done}`, "the file changed while it was open"),
          ]),
    ),
  );

/** Runs `use` on an open file and closes it whatever happens. */
export const withFile = <A>(
  path: string,
  use: (file: OpenFile) => TE.TaskEither<readonly Fault[], A>,
): TE.TaskEither<readonly Fault[], A> => TE.bracket(openFile(path), use, (file) => TE.fromTask(() => closeFile(file)));

/** A JSON file of at most `most` bytes. Faults: those of openFile, decodeUtf8 and parseJson, and a larger file. */
export const readJson = (path: string, most: number): TE.TaskEither<readonly Fault[], unknown> =>
  withFile(path, (file) =>
    file.bytes > most
      ? TE.left([
          fault("file", path, `at most ${most} bytes`, describe(file.bytes), "this is not the file it is named"),
        ])
      : pipe(
          readBytes(file, 0, file.bytes),
          TE.flatMapEither((bytes) => decodeUtf8(bytes, path)),
          TE.flatMapEither((text) => (text.trim() === "" ? emptyFile(path) : parseJson(text, path))),
        ),
  );

const emptyFile = (path: string): E.Either<readonly Fault[], never> =>
  E.left([fault("file", path, "JSON", "an empty file", "download the file again")]);
