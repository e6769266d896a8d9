// How does a command end? 0 well, 1 with faults, 2 with a wrong call, 130 interrupted: the one place that knows.
import { type Fault, type Faulty, fault, showFaults } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { complain } from "./terminal.ts";

const FAULTY = 1;
const USAGE = 2;
/** 128 + SIGINT, as shells have it. */
export const INTERRUPTED = 130;

/** A fault of the call itself. */
export const usage = (where: string, expected: string, got: string, next?: string): Fault =>
  fault("usage", where, expected, got, next);

const statusOf = (faults: readonly Fault[]): number =>
  faults.some((f) => f.tag === "aborted") ? INTERRUPTED : faults.every((f) => f.tag === "usage") ? USAGE : FAULTY;

/** Faults shown of one call: a checkpoint of another model has a fault for each of its weights. */
const MOST = 8;

const messageOf = (faults: readonly Fault[], status: number): string => {
  if (status === INTERRUPTED) return "stopped";
  const more = faults.length > MOST ? `\n… and ${faults.length - MOST} more` : "";
  return showFaults(faults.slice(0, MOST)) + more;
};

/** JavaScript's own words for a machine that is too small; every other throw is a bug of ours. */
const outside = (error: unknown): string | undefined => {
  const { message = "", code = "" } = error as NodeJS.ErrnoException;
  if (error instanceof RangeError && /allocation failed|Invalid (typed )?array (buffer )?length/i.test(message))
    return "memory: expected enough for this model and prompt, got too little; shorten the prompt or choose another backend";
  return code.startsWith("E") && code !== "ERR" && !code.startsWith("ERR_") ? message : undefined;
};

const endWith = (status: number, message: string): void => {
  process.exitCode = status;
  complain(message);
};

/** Says what was thrown: one line for what comes from outside, all there is for a bug. */
export const endWithThrown = (error: unknown): void => {
  const known = outside(error);
  const all = error instanceof Error ? (error.stack ?? error.message) : String(error);
  endWith(FAULTY, known ?? `this is a bug, please report it\n${all}`);
};

/** Runs a command to its end: its faults on stderr, its status as the process's. */
export const settle = async (command: Faulty<void>): Promise<void> => {
  const result = await command();
  if (E.isRight(result)) return;
  const status = statusOf(result.left);
  endWith(status, messageOf(result.left, status));
};

/** Commander has said by itself what was wrong; help and version, with status 0, are no errors. */
export const endWithWrongCall = (status: number): void => {
  process.exitCode = status === 0 ? 0 : USAGE;
};
