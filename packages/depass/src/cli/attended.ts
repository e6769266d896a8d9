// What every command that runs a model does around it: the backend is opened and closed again, a line says how far it is, and
// Ctrl-C is heard.
import type { Faulty, RunOptions, Signal } from "@depass/graph";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type OpenBackend, openBackend } from "../backends.ts";
import type { BackendOptions } from "./backend.ts";
import { interruptible } from "./interrupt.ts";
import { type ProgressLine, progressLine } from "./progress.ts";

export type Attended = { readonly open: OpenBackend; readonly line: ProgressLine; readonly signal: Signal };

/** Faults: those of opening the backend, and of the task. */
export const attended =
  <A>(options: BackendOptions, task: (attended: Attended) => Faulty<A>): Faulty<A> =>
  async () => {
    const line = progressLine(process.stderr);
    const running = (signal: Signal): Faulty<A> =>
      TE.bracket(
        openBackend(options),
        (open) => task({ open, line, signal }),
        ({ backend }) => TE.fromTask(async () => backend.close()),
      );
    // The reference computes without a pause in which a signal could be heard; the process ends by itself.
    const heard = options.backend === "reference" ? running({ aborted: false }) : interruptible(running, line.clear);
    const result = await heard();
    line.clear();
    return result;
  };

/** Options of one explanation, which says how far it is where the backend tells. */
export const runOptions = ({ open, line, signal }: Attended): RunOptions & { readonly why: string } => {
  const silent = open.backend.name === "reference";
  if (silent) line.say("running; the reference does not tell how far it is");
  return {
    why: open.why,
    signal,
    ...(silent ? {} : { progress: line.phase("reading weights and running") }),
  };
};
