// One call of the command from beginning to end: what its arguments ask for is done, and its status is the process's.
import { CommanderError } from "commander";
import { endWithThrown, endWithWrongCall } from "./outcome.ts";
import { program } from "./program.ts";

/** `args` without the names of Node and of the script. Never rejects. */
export const call = async (args: readonly string[]): Promise<void> => {
  try {
    await program().parseAsync(args, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) endWithWrongCall(error.exitCode);
    else endWithThrown(error);
  }
};
