#!/usr/bin/env node
// The `depass` command: `npm run -s depass -- ARGS` in the repository. Results go to stdout, everything else to stderr.
import { call } from "./call.ts";
import { quietWhenUnread } from "./terminal.ts";

quietWhenUnread();
await call(process.argv.slice(2));
