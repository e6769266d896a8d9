// How do several files appear together, whole or not at all? Each is written beside its place; when all are there, they are
// renamed one after the other. The last one is the one that makes sense of the others: where it is replaced, the old one goes
// first, so that it never stands beside files that are not its own.
import { randomUUID } from "node:crypto";
import { open, rename, rm, stat } from "node:fs/promises";
import { type Fault, type Faulty, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";

/** The part of an open file that is written to: published types do not ask for Node's. */
export type Sink = {
  readonly write: (
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ) => Promise<{ readonly bytesWritten: number }>;
};

export type NewFile = { readonly path: string; readonly write: (handle: Sink) => Faulty<void> };

const permission = ["no permission to write there", "choose another folder"] as const;

const reasons: Readonly<Record<string, readonly [got: string, next: string]>> = {
  ENOENT: ["a folder that does not exist", "make it first, or choose another"],
  ENOTDIR: ["a path through something that is not a folder", "choose another"],
  EACCES: permission,
  EPERM: permission,
  EROFS: ["a file system that is read-only", "choose another folder"],
  ENOSPC: ["no space left on the disk", "make room, or choose another disk"],
  EDQUOT: ["no space left for you on the disk", "make room, or choose another disk"],
  EFBIG: ["a file larger than the disk takes", "choose another disk"],
  ENAMETOOLONG: ["a name that is too long", "choose a shorter one"],
};

/** An effect of the operating system on `path`; `expected` says what was hoped for. */
export const attempt = <A>(path: string, expected: string, run: () => Promise<A>): Faulty<A> =>
  TE.tryCatch(run, (error): readonly Fault[] => {
    const { code = "", message = String(error) } = error as NodeJS.ErrnoException;
    const [got, next] = reasons[code] ?? [message];
    return [fault("file", path, expected, got, next)];
  });

/** Something is there, unless it is a file and `force` is set. */
const takenFaults = async (path: string, force: boolean): Promise<readonly Fault[]> => {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || (force && found.isFile())) return [];
  return [
    found.isFile()
      ? fault("file", path, "a name that is free", "a file that is there", "choose another, or overwrite it with force")
      : fault("file", path, "a place for a file", "a folder, a pipe or a device", "choose another name"),
  ];
};

const checkFree =
  (paths: readonly string[], force: boolean): Faulty<void> =>
  async () => {
    const faults = await Promise.all(paths.map((path) => takenFaults(path, force)));
    return faults.flat().length > 0 ? E.left(faults.flat()) : E.right(undefined);
  };

const each = <A>(all: readonly A[], run: (a: A) => Faulty<void>): Faulty<void> =>
  pipe(
    all,
    TE.traverseSeqArray(run),
    TE.map(() => undefined),
  );

type Draft = NewFile & { readonly temporary: string };

const written = ({ path, temporary, write }: Draft): Faulty<void> =>
  TE.bracket(
    attempt(path, "a place to write to", () => open(temporary, "wx")),
    (handle) =>
      pipe(
        write(handle),
        TE.flatMap(() => attempt(path, "to write", () => handle.sync())),
      ),
    (handle) => attempt(path, "to close", () => handle.close()),
  );

const removed = (path: string): Promise<void> => rm(path, { force: true }).catch(() => undefined);

/** Puts every draft in its place; where one cannot take it, those before it go again. */
const placed = (drafts: readonly Draft[]): Faulty<void> => {
  const there: string[] = [];
  const place = ({ path, temporary }: Draft): Faulty<void> =>
    pipe(
      attempt(path, "to take its place", () => rename(temporary, path)),
      TE.tapIO(() => () => there.push(path)),
    );
  const last = drafts.at(-1)?.path;
  return pipe(
    last === undefined
      ? TE.right(undefined)
      : attempt(last, "to make room for the new file", () => rm(last, { force: true })),
    TE.flatMap(() => each(drafts, place)),
    TE.tapError(() => TE.fromTask(() => Promise.all(there.map(removed)))),
  );
};

/**
 * Writes all files, the last one last. Where anything fails nothing new is left, and what was there stays as it was, unless
 * the disk refuses a renaming. Faults: places that are taken (files only without `force`), those of the disk and of `write`.
 */
export const writeFiles = (files: readonly NewFile[], force = false): Faulty<void> => {
  const drafts = files.map((file): Draft => ({ ...file, temporary: `${file.path}.${randomUUID()}.tmp` }));
  const free = checkFree(
    files.map(({ path }) => path),
    force,
  );
  return pipe(
    free,
    TE.flatMap(() => each(drafts, written)),
    TE.flatMap(() => free),
    TE.flatMap(() => placed(drafts)),
    TE.tapError(() => TE.fromTask(() => Promise.all(drafts.map(({ temporary }) => removed(temporary))))),
  );
};
