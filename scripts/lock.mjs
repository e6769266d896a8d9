// One process at a time: a lock that is a folder, which only one process can create. Its holder touches it every second, so
// that the others tell a slow holder from one that was killed.

import { mkdirSync, rmdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A lock left alone for so long belongs to a process that was killed. */
const abandonedAfterMs = 15_000;

/** @param {string} path @returns {boolean} whether this process holds it now */
const take = (path) => {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
    return false;
  }
};

/** @param {string} path */
const removeIfAbandoned = (path) => {
  try {
    if (Date.now() - statSync(path).mtimeMs > abandonedAfterMs) rmdirSync(path);
  } catch {
    // Its holder removed it in the meantime.
  }
};

/**
 * Does the work while no other process holds the lock.
 * @template A
 * @param {string} path of the lock; its parent is made
 * @param {() => void} onWait called once, where another process holds it
 * @param {() => Promise<A>} work
 * @returns {Promise<A>}
 */
export const alone = async (path, onWait, work) => {
  mkdirSync(dirname(path), { recursive: true });
  for (let tries = 0; !take(path); tries++) {
    if (tries === 0) onWait();
    removeIfAbandoned(path);
    await sleep(200);
  }
  const touch = setInterval(() => utimesSync(path, new Date(), new Date()), 1000);
  const release = () => rmSync(path, { recursive: true, force: true });
  process.once("exit", release);
  try {
    return await work();
  } finally {
    clearInterval(touch);
    process.off("exit", release);
    release();
  }
};
