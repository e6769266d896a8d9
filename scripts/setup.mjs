// Installs what the repository needs, when it needs it: on a bare machine with Node and npm only, after a change of the
// lock file or of a package.json, and otherwise not at all. A stamp in node_modules holds what was installed. Everything said
// here goes to stderr: stdout belongs to the program that follows. Imports nothing installed.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { alone } from "./lock.mjs";
import { manifest, packageManager, pnpm, remedyFor } from "./pnpm.mjs";
import { inRepository, packages } from "./repository.mjs";

const stamp = inRepository("node_modules", ".depass-setup");
const folders = ["", "examples", "examples/browser", ...packages()];

/** @param {string} text */
const say = (text) => process.stderr.write(`${text}\n`);

/** @param {string} path @returns {string} the file's text; none where it is missing */
const textOf = (path) => (existsSync(path) ? readFileSync(path, "utf8") : "");

/** One line that changes whenever another install is due. Binaries are installed per platform, so it is part of it. */
const wanted = () => {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}\n`);
  const files = ["pnpm-lock.yaml", "pnpm-workspace.yaml", ...folders.map((folder) => `${folder}/package.json`)];
  for (const file of files) hash.update(`${textOf(inRepository(file))}\0`);
  return `${hash.digest("hex")}\n`;
};

const isReady = () =>
  textOf(stamp) === wanted() && folders.every((folder) => existsSync(inRepository(folder, "node_modules")));

/** @returns {Promise<boolean>} whether it worked */
const install = async () => {
  say(`Installing packages with ${packageManager} (first run, or the dependencies changed) ...`);
  rmSync(stamp, { force: true });
  // Development dependencies even where NODE_ENV is `production`, and no question where npm filled node_modules.
  const options = ["--prod=false", "--config.confirmModulesPurge=false", "--prefer-offline", "--reporter=append-only"];
  if (process.env.CI) options.push("--frozen-lockfile");
  const { code, trouble, output, seconds } = await pnpm(["install", ...options]);
  if (code === 0) {
    writeFileSync(stamp, wanted());
    say(`Installed in ${seconds.toFixed(0)} s.`);
    return true;
  }
  const lines = `${output}\n${trouble ?? ""}`
    .split("\n")
    .filter((line) => line.trim() && !/^npm warn|^(npm error)? +at /.test(line));
  say(`${lines.slice(-12).join("\n")}\n\nThe install failed. ${remedyFor(lines.join("\n"))}`);
  return false;
};

/**
 * @param {string} version such as `20.19.0`
 * @param {string} least such as `>=20.19`
 */
export const isOlder = (version, least) => {
  const asNumber = (/** @type {string} */ text) => {
    const [, major, minor] = /(\d+)\.(\d+)/.exec(text) ?? [];
    return Number(major) * 1000 + Number(minor);
  };
  return asNumber(version) < asNumber(least);
};

/**
 * Makes the repository ready to run; returns at once where it is.
 * @returns {Promise<boolean>} false where that failed, after saying why and what to do on stderr
 */
export const setUp = async () => {
  const least = manifest.engines.node;
  if (isOlder(process.versions.node, least)) {
    say(`This needs Node ${least}, and this is Node ${process.versions.node}: install a current one, then try again.`);
    return false;
  }
  if (isReady()) return true;
  return alone(
    inRepository(".cache", "setup.lock"),
    () => say("Another process is installing packages; waiting for it ..."),
    async () => isReady() || install(),
  );
};
