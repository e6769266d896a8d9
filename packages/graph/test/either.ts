// How does a test take a result apart? It fails with the faults, or with the value that should have been one.
import * as E from "fp-ts/lib/Either.js";
import { type Fault, showFaults } from "../src/error.ts";

export const right = <A>(result: E.Either<readonly Fault[], A>): A => {
  if (E.isRight(result)) return result.right;
  throw new Error(`expected a value, got faults:\n${showFaults(result.left)}`);
};

/** The faults as printed. */
export const left = (result: E.Either<readonly Fault[], unknown>): string => {
  if (E.isLeft(result) && result.left.length > 0) return showFaults(result.left);
  throw new Error("expected faults, got a value");
};
