// How do files lie in the cache? As Hugging Face's tools lay them: a folder for each model with `blobs` by their hashes,
// `snapshots` of commits made of links to them, and `refs`, which say the commit that a branch or tag was last.
// Source: huggingface_hub, "Understand caching".

import { randomUUID } from "node:crypto";
import { copyFile, mkdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { findLayout } from "../checkpoint/layout.ts";
import { diskFolder } from "../disk.ts";
import type { HubId } from "./id.ts";

export type Place = { readonly cache: string; readonly repo: string };

const folderOf = ({ cache, repo }: Place): string => join(cache, `models--${repo.replace("/", "--")}`);

export const blobPath = (place: Place, hash: string): string => join(folderOf(place), "blobs", hash);

export const snapshotFolder = (place: Place, commit: string): string => join(folderOf(place), "snapshots", commit);

const refPath = (place: Place, revision: string): string => join(folderOf(place), "refs", ...revision.split("/"));

export const isCommit = (text: string): boolean => /^[0-9a-f]{40}$/.test(text);

/** The commit that a revision was when it was last asked for; undefined where it never was. */
export const commitOf = async (place: Place, revision: string): Promise<string | undefined> => {
  if (isCommit(revision)) return revision;
  const text = await readFile(refPath(place, revision), "utf8").catch(() => "");
  return isCommit(text.trim()) ? text.trim() : undefined;
};

/** Makes something under another name and puts it in its place at once. */
const replaced = async (path: string, make: (temporary: string) => Promise<unknown>): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await make(temporary);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
};

export const writeRef = async (place: Place, revision: string, commit: string): Promise<void> => {
  if (!isCommit(revision)) await replaced(refPath(place, revision), (path) => writeFile(path, commit));
};

export const isThere = async (path: string, bytes: number): Promise<boolean> => {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true && found.size === bytes;
};

/** Shows a blob in a snapshot under its name; where the system has no links, as a copy. */
export const link = async (blob: string, path: string): Promise<void> =>
  replaced(path, (temporary) =>
    symlink(relative(dirname(path), blob), temporary).catch(() => copyFile(blob, temporary)),
  );

/** Whether a snapshot has all that opening it takes. */
export const isComplete = async (folder: string, { file }: HubId): Promise<boolean> => {
  const isFile = async (name: string): Promise<boolean> =>
    (await stat(join(folder, name)).catch(() => undefined))?.isFile() === true;
  if (file !== undefined) return isFile(file);
  if (!(await isFile("config.json")) || !(await isFile("tokenizer.json"))) return false;
  const layout = await pipe(diskFolder(folder), TE.flatMap(findLayout))();
  if (layout._tag === "Left") return false;
  return (await Promise.all(layout.right.files.map(isFile))).every((there) => there);
};
