// How does a file of the hub come here whole? In a file of our own beside its place, from where an earlier try ended; its
// length and hash are checked before it takes its place, so that a blob of the cache is right or is not there.

import { createHash, type Hash } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { type Fault, fault, type RunOptions } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { claim, release } from "./partial.ts";
import { causeOf, type RemoteFile, refused, withToken } from "./remote.ts";
import type { HubSettings } from "./settings.ts";

export type Transfer = {
  readonly url: string;
  /** Where it goes. */
  readonly blob: string;
  readonly file: RemoteFile;
  readonly settings: HubSettings;
  readonly options: RunOptions;
};

/** What a try ended with: done, worth another (with or without the bytes so far), or not. */
type Ended =
  | { readonly kind: "done" }
  | { readonly kind: "broken"; readonly fault: Fault; readonly fresh: boolean }
  | { readonly kind: "refused"; readonly fault: Fault };

const MOST_AT_ONCE = 2 ** 20; // bytes read at a time of what is there already

/** SHA-256 of the bytes, or git's object id, which is the SHA-1 of the bytes behind a line with their number. */
const hashFor = ({ hash, bytes }: RemoteFile): Hash =>
  hash.length === 64 ? createHash("sha256") : createHash("sha1").update(`blob ${bytes}\0`);

/** Hashes what an earlier try left; its length. More than there should be is nothing of this file. */
const earlier = async (handle: FileHandle, hash: Hash, most: number): Promise<number> => {
  const { size } = await handle.stat();
  if (size > most) {
    await handle.truncate(0);
    return 0;
  }
  const buffer = new Uint8Array(MOST_AT_ONCE);
  let done = 0;
  while (done < size) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, size - done), done);
    if (bytesRead === 0) break;
    hash.update(buffer.subarray(0, bytesRead));
    done += bytesRead;
  }
  return done;
};

const broken = (t: Transfer, expected: string, got: string, fresh = false): Ended => ({
  kind: "broken",
  fresh,
  fault: fault("hub", t.url, expected, got, "try again: it goes on where it ended"),
});

const aborted = (t: Transfer): Ended => ({
  kind: "refused",
  fault: fault("aborted", t.url, "the download to go on", "a request to stop", "it goes on where it ended next time"),
});

/** An answer whose bytes begin at `from`, or how it ended. A server may send everything where a range was asked. */
const checkAnswer = (t: Transfer, answer: Response, from: number): Ended | undefined => {
  const { status } = answer;
  if (status === 416) return broken(t, `bytes from ${from}`, "status 416", true);
  if (status === 429 || status >= 500) return broken(t, "the file", `status ${status}`);
  if (!answer.ok) return { kind: "refused", fault: refused(t.url, status, answer.statusText) };
  if (from === 0) return undefined;
  const range = answer.headers.get("content-range") ?? "nothing";
  const isWanted = status === 206 && range === `bytes ${from}-${t.file.bytes - 1}/${t.file.bytes}`;
  return isWanted ? undefined : broken(t, `the bytes from ${from}`, `status ${status}, range ${range}`, true);
};

/** Writes an answer's bytes from `from` on. */
const receive = async (t: Transfer, answer: Response, handle: FileHandle, hash: Hash, from: number): Promise<Ended> => {
  const { file, options } = t;
  let done = from;
  for await (const chunk of answer.body ?? []) {
    if (options.signal?.aborted) return aborted(t);
    if (done + chunk.length > file.bytes) return broken(t, `${file.bytes} bytes`, "more", true);
    await handle.write(chunk, 0, chunk.length, done);
    hash.update(chunk);
    done += chunk.length;
    options.progress?.({ done, total: file.bytes, what: file.path });
  }
  return done === file.bytes ? checkHash(t, hash) : broken(t, `${file.bytes} bytes`, `${done}`);
};

const checkHash = (t: Transfer, hash: Hash): Ended => {
  const got = hash.digest("hex");
  return got === t.file.hash ? { kind: "done" } : broken(t, `bytes of hash ${t.file.hash}`, got, true);
};

const fetchInto = async (t: Transfer, handle: FileHandle): Promise<Ended> => {
  const hash = hashFor(t.file);
  const from = await earlier(handle, hash, t.file.bytes);
  if (from === t.file.bytes) return checkHash(t, hash);
  const stop = new AbortController();
  try {
    const headers = { "accept-encoding": "identity", ...(from === 0 ? {} : { range: `bytes=${from}-` }) };
    const answer = await withToken(t.settings)(t.url, { headers, signal: stop.signal });
    return checkAnswer(t, answer, from) ?? (await receive(t, answer, handle, hash, from));
  } finally {
    stop.abort(); // what was not read of an answer holds its connection
  }
};

/** One try. Bytes that cannot be right are thrown away, others stay for the next. */
const attempt = async (t: Transfer, path: string): Promise<Ended> => {
  const handle = await open(path, "a+").then(async (made) => {
    await made.close();
    return open(path, "r+");
  });
  try {
    const ended = await fetchInto(t, handle).catch((error) => broken(t, "the whole file", causeOf(error)));
    if (ended.kind === "broken" && ended.fresh) await handle.truncate(0);
    if (ended.kind === "done") await handle.sync();
    return ended;
  } finally {
    await handle.close();
  }
};

const tries = async (t: Transfer, path: string): Promise<Ended> => {
  let ended = await attempt(t, path);
  for (const pause of t.settings.pauses) {
    if (ended.kind !== "broken" || t.options.signal?.aborted) break;
    await setTimeout(pause);
    ended = await attempt(t, path);
  }
  return ended;
};

/** Brings a file to its place. Faults (tags `hub`, `file`): refused, a connection that keeps breaking, a wrong hash. */
export const transfer = async (t: Transfer): Promise<E.Either<readonly Fault[], void>> => {
  const path = await claim(t.blob);
  try {
    const ended = await tries(t, path);
    if (ended.kind === "done") {
      await rename(path, t.blob);
      return E.right(undefined);
    }
    if (ended.kind === "broken" && ended.fresh) await rm(path, { force: true });
    else await release(t.blob, path);
    return E.left([ended.fault]);
  } catch (error) {
    await release(t.blob, path);
    return E.left([fault("file", t.blob, "to write", causeOf(error))]);
  }
};
