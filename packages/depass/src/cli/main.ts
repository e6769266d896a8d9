#!/usr/bin/env node
// The `depass` command: `npm run -s depass -- ARGS` in the repository. Results go to stdout, everything else to stderr.
import { CommanderError } from "commander";
import { endWithThrown, endWithWrongCall } from "./outcome.ts";
import { program } from "./program.ts";
import { quietWhenUnread } from "./terminal.ts";

quietWhenUnread();
try {
  await program().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) endWithWrongCall(error.exitCode);
  else endWithThrown(error);
}
