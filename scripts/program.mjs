// Runs one TypeScript program of this repository, after the set-up, in this very process: its stdin, stdout, exit status
// and signals are its own. Relative paths in its arguments are the caller's: npm starts scripts in the package's folder and
// keeps in INIT_CWD where it was called.

import { existsSync, realpathSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { inRepository } from "./repository.mjs";
import { setUp } from "./setup.mjs";

/** @returns {string} */
const callersFolder = () => {
  const { npm_package_json: manifest, INIT_CWD: folder } = process.env;
  const startedHere = manifest && existsSync(manifest) && realpathSync(manifest) === inRepository("package.json");
  return startedHere && folder ? folder : process.cwd();
};

/**
 * @param {string} file below the root, such as `packages/depass/src/cli/main.ts`
 * @param {readonly string[]} args
 */
export const runProgram = async (file, args) => {
  if (!(await setUp())) {
    process.exitCode = 1;
    return;
  }
  process.chdir(callersFolder());
  process.argv = [process.execPath, inRepository(file), ...args];
  const { register } = await import("tsx/esm/api");
  // Unless named, it is the tsconfig.json of the working directory, which may be anybody's.
  register({ tsconfig: inRepository("tsconfig.base.json") });
  process.setSourceMapsEnabled(true);
  await import(pathToFileURL(inRepository(file)).href);
};
