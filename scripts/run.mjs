// Runs a TypeScript file of this repository: `node scripts/run.mjs packages/depass/src/cli/main.ts ARGS`.

import { runProgram } from "./program.mjs";

const [file = "", ...args] = process.argv.slice(2);
await runProgram(file, args);
