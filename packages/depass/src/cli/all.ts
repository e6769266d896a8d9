// Several things that may each be wrong: all of them, or the faults of all that are.
import type { Fault, Faulty } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as RA from "fp-ts/lib/ReadonlyArray.js";

type Result<A> = E.Either<readonly Fault[], A>;

export const all = <A>(found: readonly Result<A>[]): Result<readonly A[]> => {
  const { left, right } = pipe(
    found,
    RA.partitionMap((one) => one),
  );
  return left.length > 0 ? E.left(left.flat()) : E.right(right);
};

/** The same of tasks, one after the other: none is left out because another has faults. */
export const allInTurn =
  <A>(tasks: readonly Faulty<A>[]): Faulty<readonly A[]> =>
  async () => {
    const found: Result<A>[] = [];
    for (const task of tasks) found.push(await task());
    return all(found);
  };
