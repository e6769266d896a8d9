// `pnpm bench NAME ARGS` runs packages/*/bench/NAME.ts; without a name it lists them. Folders beside them hold their parts.

import { basename, dirname } from "node:path";
import { runProgram } from "./program.mjs";
import { filesUnder, packages } from "./repository.mjs";

const [name, ...args] = process.argv.slice(2);
const benches = packages().flatMap((folder) =>
  filesUnder(`${folder}/bench`, ".ts").filter((path) => dirname(path) === `${folder}/bench`),
);
const file = benches.find((path) => basename(path, ".ts") === name);

if (file) {
  await runProgram(file, args);
} else {
  const names = benches.map((path) => `  ${basename(path, ".ts")}   ${path}`).join("\n");
  console.error(
    `${name ? `bench: no bench is called ${name}` : "usage: pnpm bench NAME ARGS"}; there are:\n${names || "  none yet"}`,
  );
  process.exitCode = 1;
}
