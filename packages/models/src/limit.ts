// How long may what a file asks for take? Patterns and templates of a file from outside can be such that they never end, and
// JavaScript cannot stop itself: Node's vm can, within a pattern too.

import { types } from "node:util";
import { createContext, Script } from "node:vm";
import * as E from "fp-ts/lib/Either.js";

const call = new Script("run()");
const room = createContext({ run: undefined }); // one for all: making one takes longer than a call

/** The vm's own errors are of its own context: no `instanceof`. */
const isLate = (error: unknown): boolean =>
  types.isNativeError(error) && "code" in error && error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT";

/** What went wrong in words; `late` where nothing else did. */
export type Stopped = { readonly late: boolean; readonly why: string };

/** What `run` gives, or why not: it threw, or was stopped after `seconds`. Costs a fifth of a millisecond. */
export const within = <A>(seconds: number, run: () => A): E.Either<Stopped, A> => {
  let result: { readonly value: A } | undefined;
  const keep = (): void => {
    result = { value: run() };
  };
  return E.tryCatch(
    () => {
      room.run = keep;
      call.runInContext(room, { timeout: seconds * 1000 });
      return (result as { readonly value: A }).value;
    },
    (error) => ({ late: isLate(error), why: types.isNativeError(error) ? error.message : String(error) }),
  );
};
