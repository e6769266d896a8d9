// What does Ctrl-C do? It asks a run to stop between two batches; what does not stop in time is ended.
import type { Faulty, Signal } from "@depass/graph";
import { INTERRUPTED } from "./outcome.ts";
import { complain } from "./terminal.ts";

/** Milliseconds that a run has to stop by itself. */
const PATIENCE = 800;

/**
 * A task that hears Ctrl-C, for as long as it runs; `tidy` is called before a process is ended, after `patience`
 * milliseconds or at a second Ctrl-C. Not for the reference
 * backend: it never lets go of the thread, so only the system's own way of ending a process is prompt (in a shell that
 * reads as 130, too).
 */
export const interruptible =
  <A>(task: (signal: Signal) => Faulty<A>, tidy: () => void, patience = PATIENCE): Faulty<A> =>
  async () => {
    const stop = (): never => {
      tidy();
      complain("stopped");
      return process.exit(INTERRUPTED);
    };
    const signal = { aborted: false };
    let timer: NodeJS.Timeout | undefined;
    const hear = (): void => {
      if (signal.aborted) stop();
      signal.aborted = true;
      timer = setTimeout(stop, patience);
    };
    process.on("SIGINT", hear);
    try {
      return await task(signal)();
    } finally {
      process.off("SIGINT", hear);
      clearTimeout(timer);
    }
  };
