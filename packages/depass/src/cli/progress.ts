// When is progress shown? On a terminal, from two seconds on, ten times a second at most; the line is gone at the end.
import type { Progress } from "@depass/graph";
import { overwrite, progressText } from "../report/progress.ts";

export type Stream = {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly write: (text: string) => unknown;
};

export type ProgressLine = {
  /** What to give a run as `progress`; the phase begins with its first report. */
  readonly phase: (name: string) => (progress: Progress) => void;
  /** Says one thing at once, for a phase that reports nothing. */
  readonly say: (text: string) => void;
  readonly clear: () => void;
};

const PATIENCE = 2000; // milliseconds in which nobody wonders
const PAUSE = 100; // milliseconds between two writes

export const progressLine = (stream: Stream, now: () => number = () => performance.now()): ProgressLine => {
  const begun = now();
  let written: number | undefined;
  const write = (text: string): void => {
    stream.write(overwrite(text, stream.columns ?? 80));
    written = now();
  };
  return {
    phase: (name) => {
      let start: number | undefined;
      return (progress) => {
        start ??= now();
        const due = now() - begun >= PATIENCE && (written === undefined || now() - written >= PAUSE);
        if (stream.isTTY && due) write(progressText(name, progress, (now() - start) / 1000));
      };
    },
    say: (text) => {
      if (stream.isTTY) write(text);
    },
    clear: () => {
      if (written !== undefined) write("");
      written = undefined;
    },
  };
};
