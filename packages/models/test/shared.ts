// Where are the goldens? In `shared/` beside the repository or beside one of the folders above it; absent on other
// machines, and then the tests that need it are skipped by name and counted.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";

const above = (folder: string): readonly string[] =>
  dirname(folder) === folder ? [folder] : [folder, ...above(dirname(folder))];

const root = above(dirname(fileURLToPath(import.meta.url)))
  .map((folder) => join(folder, "shared"))
  .find((folder) => existsSync(join(folder, "goldens")));

/** A path in shared/; only for the body of a goldenTest. */
export const shared = (...parts: readonly string[]): string => join(root ?? "shared-is-absent", ...parts);

type Define = (name: string, run: () => void | Promise<void>) => void;

const skip: Define = (name) => {
  console.log(`skipped: ${name} (needs ../shared)`); // uvu counts skipped tests and does not name them
  test.skip(name, () => undefined);
};

/** A test that needs shared/. */
export const goldenTest: Define = root === undefined ? skip : (name, run) => test(name, run);
