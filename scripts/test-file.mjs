// Runs one uvu test file in this process: `node --import tsx scripts/test-file.mjs FILE`.
// As uvu's own command does: import the file to its end (it may await at top level), and only then run what it registered.
// Left to itself, uvu starts at the first pause, and tests registered after it never run.

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const uvu = /** @type {{ UVU_DEFER: number, UVU_INDEX: number, UVU_QUEUE: [null][] }} */ (
  /** @type {unknown} */ (globalThis)
);
uvu.UVU_DEFER = 1;
const { exec } = await import("uvu");
uvu.UVU_INDEX = 0;
uvu.UVU_QUEUE.push([null]);

await import(pathToFileURL(resolve(process.argv[2] ?? "")).href);
await exec();
