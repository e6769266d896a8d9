// How anything in this house says that something from outside is wrong: a value, never a throw.
// Every package makes faults; only an edge (the CLI, the promise API) turns them into text or an exception.
import * as E from "fp-ts/lib/Either.js";
import type * as TE from "fp-ts/lib/TaskEither.js";

/**
 * One thing that is wrong. `tag` is for programs, the rest is for people and reads
 * `where: expected …, got …; next`.
 */
export type Fault = {
  readonly tag: string;
  /** What and where: `linear at layer.3.mlp`, `model.safetensors`, `--temperature`. */
  readonly where: string;
  readonly expected: string;
  readonly got: string;
  /** What the reader can do about it. */
  readonly next?: string;
};

/** Work that may answer with faults. */
export type Faulty<A> = TE.TaskEither<readonly Fault[], A>;

export const fault = (tag: string, where: string, expected: string, got: string, next?: string): Fault =>
  next === undefined ? { tag, where, expected, got } : { tag, where, expected, got, next };

/** One line per fault, as every part of the house prints them. */
export const showFault = ({ where, expected, got, next }: Fault): string =>
  `${where}: expected ${expected}, got ${got}${next === undefined ? "" : `; ${next}`}`;

export const showFaults = (faults: readonly Fault[]): string => faults.map(showFault).join("\n");

/** For promise-style edges: an Error that still carries its faults. */
export type FaultError = Error & { readonly faults: readonly Fault[] };

export const faultError = (faults: readonly Fault[]): FaultError =>
  Object.assign(new Error(showFaults(faults)), { name: "FaultError", faults });

/** The value of a result, or its faults thrown: `orThrow(decompose(…))`, `await webgpu()().then(orThrow)`. For scripts. */
export const orThrow = <A>(result: E.Either<readonly Fault[], A>): A => {
  if (E.isLeft(result)) throw faultError(result.left);
  return result.right;
};

/** A broken promise of our own code, not of the outside: always a bug here. */
export const internal = (what: string): never => {
  throw new Error(`internal: ${what}`);
};
