// pnpm through npx, in the version that package.json names, and what to do where it fails. Imports nothing installed.

import { readFileSync } from "node:fs";
import { capture } from "./processes.mjs";
import { inRepository } from "./repository.mjs";

/** The root's package.json. */
export const manifest = JSON.parse(readFileSync(inRepository("package.json"), "utf8"));

/** Such as `pnpm@10.34.9`. @type {string} */
export const packageManager = manifest.packageManager;

/**
 * What npm sets for the script it runs would reach npx and pnpm as their own options (`npm --prefix` as their folder).
 * Retries are quick, so that a machine without a network hears of it in seconds.
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
export const withoutScriptOptions = (env) => {
  const ofScript =
    /^npm_(config_(prefix|local_prefix|loglevel|silent|if_present|workspaces?|dry_run|json)$|lifecycle|package_)/i;
  return {
    npm_config_fetch_retry_mintimeout: "1000",
    npm_config_fetch_retry_maxtimeout: "5000",
    ...Object.fromEntries(Object.entries(env).filter(([name]) => !ofScript.test(name))),
    npm_config_update_notifier: "false",
    // A user's `package-lock=false` would make pnpm pass over its own lock file.
    npm_config_package_lock: "true",
  };
};

/**
 * A command of npm, which is a .cmd file on Windows and needs a shell there.
 * @param {"npm" | "npx"} command
 * @param {readonly string[]} args
 * @param {string} [cwd] the root unless named
 */
export const npm = (command, args, cwd) => {
  const options = { env: withoutScriptOptions(process.env), shell: process.platform === "win32" };
  return capture(command, args, cwd ? { ...options, cwd } : options);
};

/** @param {readonly string[]} args */
export const pnpm = (args) => npm("npx", ["--yes", packageManager, ...args]);

const withPnpm = `npx --yes ${packageManager} install`;

/** What usually stands behind a failed install, and what to do; the first row whose pattern is in the output counts. */
const remedies = /** @type {const} */ ([
  [/spawn npx ENOENT|npx: (command )?not found/, "npx was not found. It comes with npm: install Node with npm."],
  [/ERR_PNPM_OUTDATED_LOCKFILE/, `pnpm-lock.yaml does not fit the package.json files: run \`${withPnpm}\`, commit it.`],
  [/ENOSPC/, "The disk is full. Make room (node_modules needs about 600 MB), then try again."],
  [/EACCES|EPERM|EROFS/, "A folder cannot be written: see who owns the repository and `npm config get cache`."],
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ERR_SOCKET_TIMEOUT|ENETUNREACH|META_FETCH_FAIL|network/i,
    "The package registry cannot be reached. Check the network and `npm config get registry proxy https-proxy`.",
  ],
]);

/** @param {string} output of an install that failed */
export const remedyFor = (output) =>
  remedies.find(([sign]) => sign.test(output))?.[1] ?? `\`${withPnpm}\` shows the whole install.`;
