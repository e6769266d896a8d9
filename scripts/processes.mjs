// Child processes whose output is kept, to be shown only where it matters.
// A command that cannot be started, is killed or runs past its limit comes back as a value like any other end.

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { inRepository, root } from "./repository.mjs";

/**
 * @typedef {object} Ended
 * @property {number | null} code the exit status; null where a signal ended it
 * @property {string | null} trouble how it ended, where that was not by itself: a signal, the time limit, no such command
 * @property {string} stdout
 * @property {string} output stdout and stderr as they came
 * @property {number} seconds
 */

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();

/** Ends with its children when told to: a terminal tells the whole group, `kill PID` only this process. */
const endAll = (/** @type {NodeJS.Signals} */ signal, /** @type {number} */ number) => {
  for (const child of running) child.kill(signal);
  process.exit(128 + number);
};

/** Listens only while there are children: a program this process runs afterwards decides itself what a signal does. */
const listen = () => {
  const change = running.size > 0 ? "on" : "off";
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) process[change](signal, endAll);
};

/**
 * Runs a command to its end, with nothing on its stdin.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, limitSeconds?: number, shell?: boolean }} [options] cwd: the root unless named
 * @returns {Promise<Ended>}
 */
export const capture = (command, args, { cwd = root, env = process.env, limitSeconds, shell = false } = {}) =>
  new Promise((resolve) => {
    const start = performance.now();
    const child = spawn(command, args, { cwd, env, shell, stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, output, trouble] = ["", "", /** @type {string | null} */ (null)];
    const timer =
      limitSeconds &&
      setTimeout(() => {
        trouble = `still running after ${limitSeconds} s`;
        child.kill("SIGKILL");
      }, limitSeconds * 1000);
    running.add(child);
    if (running.size === 1) listen();
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
      output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
    child.on("error", (error) => {
      trouble = error.message;
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer || undefined);
      running.delete(child);
      if (running.size === 0) listen();
      const seconds = (performance.now() - start) / 1000;
      resolve({ code, trouble: trouble ?? (signal && `ended by ${signal}`), stdout, output, seconds });
    });
  });

/**
 * The script behind a command of an installed package, to be run with this Node: the shims in `.bin` need a shell.
 * @param {string} name a devDependency of the root
 * @param {string} [command] the command, where it is not called as the package is
 */
export const scriptOf = (name, command = name) => {
  const { bin } = JSON.parse(readFileSync(inRepository("node_modules", name, "package.json"), "utf8"));
  return inRepository("node_modules", name, typeof bin === "string" ? bin : bin[command]);
};
