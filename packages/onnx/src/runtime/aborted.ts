// What is said of something that was told to stop.
import { setImmediate } from "node:timers/promises";
import { type Fault, fault, type Signal } from "@depass/graph";

export const aborted = (what: string): readonly Fault[] => [fault("aborted", what, "to finish", "an abort signal")];

/** Whether it was told to stop, perhaps while ONNX Runtime held the thread: the event loop turns once, and hears of it. */
export const isAborted = async (signal: Signal | undefined): Promise<boolean> => {
  if (signal === undefined) return false;
  await setImmediate();
  return signal.aborted;
};
