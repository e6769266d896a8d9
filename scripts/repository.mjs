// Where things are in this repository: its root, its packages, the files below a folder.
// Imports nothing installed: it is used before the first install.

import { readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root folder, whatever the caller's working directory. */
export const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[\\/]$/, "");

/** @param {string[]} parts a path below the root */
export const inRepository = (...parts) => join(root, ...parts);

/** @param {string} folder below the root @returns {string[]} its entries, sorted; none where it is missing */
export const entries = (folder) => {
  try {
    return readdirSync(inRepository(folder)).sort();
  } catch {
    return [];
  }
};

/** @returns {string[]} `packages/graph`, `packages/kernels`, … */
export const packages = () =>
  entries("packages")
    .map((name) => `packages/${name}`)
    .filter((folder) => entries(folder).includes("package.json"));

/**
 * Files below a folder, as paths below the root with forward slashes, sorted.
 * @param {string} folder below the root; may be missing
 * @param {string} ending such as `.test.ts`
 * @returns {string[]}
 */
export const filesUnder = (folder, ending) =>
  entries(folder).length === 0
    ? []
    : readdirSync(inRepository(folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
        .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"))
        .filter((path) => !path.includes("/node_modules/"))
        .sort();
