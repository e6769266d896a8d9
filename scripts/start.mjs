// `npm start` runs the demo; `npm start -- ARGS` is the command line.

import { runProgram } from "./program.mjs";

const demo = "examples/05-ask-the-demo.ts";
const commandLine = "packages/depass/src/cli/main.ts";

const args = process.argv.slice(2);
await runProgram(args.length === 0 ? demo : commandLine, args);
