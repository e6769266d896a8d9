// `within` where there is no clock that can stop a script, as in a browser: a pattern without an end goes on until whoever
// waits ends the worker that it runs in, or closes the page.
import * as E from "fp-ts/lib/Either.js";
import type { Stopped } from "./limit.ts";

/** What `run` gives, or why not: it threw. */
export const within = <A>(_seconds: number, run: () => A): E.Either<Stopped, A> =>
  E.tryCatch(run, (error) => ({ late: false, why: error instanceof Error ? error.message : String(error) }));
