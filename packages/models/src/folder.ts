// What is a folder of files to those who read a checkpoint? Names, and a way to open each: on a disk (`disk.ts`), or made of
// blobs, which is what a browser has, be they downloads or files that somebody chose.
import { type Faulty, fault } from "@depass/graph";
import * as TE from "fp-ts/lib/TaskEither.js";
import { clip, list } from "./describe.ts";
import { attempt, closeFile, jsonOf, type OpenFile } from "./open-file.ts";

export type Folder = {
  /** For faults, and as the source of what is opened. */
  readonly path: string;
  readonly names: readonly string[];
  /** A file's path, for faults. */
  readonly pathOf: (name: string) => string;
  /** Faults (tag `file`): not there, not readable. */
  readonly open: (name: string) => Faulty<OpenFile>;
};

/** A JSON file of a folder, of at most `most` bytes. Faults: those of `open` and of jsonOf. */
export const jsonIn = (folder: Folder, name: string, most: number): Faulty<unknown> =>
  TE.bracket(
    folder.open(name),
    (file) => jsonOf(file, most),
    (file) => TE.fromTask(() => closeFile(file)),
  );

/** What is used of a Blob or a File: a range is read when it is asked for. */
export type Blobs = ReadonlyMap<
  string,
  {
    readonly size: number;
    readonly slice: (start: number, end: number) => { readonly arrayBuffer: () => Promise<ArrayBuffer> };
  }
>;

/** Blobs by their file names, as a folder of this `path`. */
export const folderOf = (path: string, files: Blobs): Folder => {
  const pathOf = (name: string): string => `${path}/${name}`;
  return {
    path,
    names: [...files.keys()],
    pathOf,
    open: (name) => {
      const blob = files.get(name);
      if (blob === undefined) {
        const there = list([...files.keys()].map(clip)) || "nothing";
        return TE.left([fault("file", pathOf(clip(name)), "a file", `only ${there}`, "give it with the others")]);
      }
      const read = async (into: Uint8Array, offset: number, length: number, position: number) => {
        const bytes = new Uint8Array(await blob.slice(position, position + length).arrayBuffer());
        into.set(bytes, offset);
        return { bytesRead: bytes.length };
      };
      const handle = { read, close: async () => undefined };
      return attempt(pathOf(name), "a file", async () => ({ path: pathOf(name), handle, bytes: blob.size }));
    },
  };
};
