// What is said of something that was told to stop.
import { setImmediate } from "node:timers/promises";
import { type Fault, type Faulty, fault, type Signal } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";

export const aborted = (what: string): readonly Fault[] => [fault("aborted", what, "to finish", "an abort signal")];

/** Whether it was told to stop, perhaps while ONNX Runtime held the thread: the event loop turns once, and hears of it. */
export const isAborted = async (signal: Signal | undefined): Promise<boolean> => {
  if (signal === undefined) return false;
  await setImmediate();
  return signal.aborted;
};

/** What follows holds the thread for a while: a graph of many nodes is planned. Faults: it was told to stop. */
export const notAborted =
  (what: string, signal: Signal | undefined): Faulty<void> =>
  async () =>
    (await isAborted(signal)) ? E.left(aborted(what)) : E.right(undefined);
