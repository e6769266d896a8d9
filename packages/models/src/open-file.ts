// How are bytes read of something that lies open, wherever it is: on a disk, in memory, behind an address? In ranges, so that
// nothing large is read whole; JSON whole, and bounded. Knows no operating system: `file.ts` opens paths, `folder.ts` blobs.
import { type Fault, type Faulty, fault } from "@depass/graph";
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

/** An effect on what is at `path`; `expected` says what was hoped for. */
export const attempt = <A>(path: string, expected: string, run: () => Promise<A>): Faulty<A> =>
  TE.tryCatch(run, (error) => [fault("file", path, expected, reason(error))]);

/** What is used of a file handle; Node's own type would ask those who use this package for Node's types. */
type Handle = {
  readonly read: (into: Uint8Array, offset: number, length: number, position: number) => Promise<{ bytesRead: number }>;
  readonly close: () => Promise<void>;
};

export type OpenFile = { readonly path: string; readonly handle: Handle; readonly bytes: number };

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
export const readBytes = (file: OpenFile, position: number, count: number): Faulty<Uint8Array<ArrayBuffer>> =>
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

const emptyFile = (path: string): E.Either<readonly Fault[], never> =>
  E.left([fault("file", path, "JSON", "an empty file", "download the file again")]);

/** The JSON of a file of at most `most` bytes. Faults: those of readBytes, decodeUtf8 and parseJson, and a larger file. */
export const jsonOf = (file: OpenFile, most: number): Faulty<unknown> =>
  file.bytes > most
    ? TE.left([
        fault("file", file.path, `at most ${most} bytes`, describe(file.bytes), "this is not the file it is named"),
      ])
    : pipe(
        readBytes(file, 0, file.bytes),
        TE.flatMapEither((bytes) => decodeUtf8(bytes, file.path)),
        TE.flatMapEither((text) => (text.trim() === "" ? emptyFile(file.path) : parseJson(text, file.path))),
      );
