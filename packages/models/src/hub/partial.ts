// Who writes a file that is being downloaded? One process: it has the file under a name of its own, so that two downloads of
// the same model never write into one. A download that failed leaves its bytes under a name that the next one takes over;
// so does one whose process is gone.

import { randomUUID } from "node:crypto";
import { readdir, rename } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";

const ENDING = ".incomplete"; // as Hugging Face's tools call them, which leave these names alone

const host = (): string => hostname().replace(/[^\w]/g, "_");

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM"; // there, and somebody else's
  }
};

const freeName = (blob: string): string => `${blob}.depass${ENDING}`;

const ownName = (blob: string): string =>
  `${blob}.depass-${host()}-${process.pid}-${randomUUID().slice(0, 8)}${ENDING}`;

/** Left by a process of this machine that runs no more. */
const abandoned = async (blob: string): Promise<readonly string[]> => {
  const start = `${basename(blob)}.depass-${host()}-`;
  const names = await readdir(dirname(blob)).catch((): string[] => []);
  return names
    .filter((name) => name.startsWith(start) && !isRunning(Number.parseInt(name.slice(start.length), 10)))
    .map((name) => join(dirname(blob), name));
};

/** A path for the bytes of `blob` that no other process writes to, with the bytes of an earlier try where there are some. */
export const claim = async (blob: string): Promise<string> => {
  const own = ownName(blob);
  for (const earlier of [freeName(blob), ...(await abandoned(blob))]) {
    // Renaming is the claim: of two processes, one finds the file gone.
    const taken = await rename(earlier, own).then(
      () => true,
      () => false,
    );
    if (taken) return own;
  }
  return own;
};

/** Leaves what there is for another try. */
export const release = async (blob: string, own: string): Promise<void> => {
  await rename(own, freeName(blob)).catch(() => undefined); // nothing was written yet
};
