// How far is it? One line that is written over itself with spaces: no escape codes.
import type { Progress } from "@depass/graph";
import { duration } from "./numbers.ts";
import { harmless } from "./visible.ts";
import { clipTo, padTo } from "./width.ts";

/** `running: attend at layers.3  42 %, about 12 s left`; `elapsed` seconds of this phase. */
export const progressText = (phase: string, { done, total, what }: Progress, elapsed: number): string => {
  const name = what === "" || what === phase ? phase : `${phase}: ${harmless(what)}`;
  const share = total > 0 ? done / total : 0;
  const left = share > 0.02 ? `, about ${roughly((elapsed * (1 - share)) / share)} left` : "";
  return `${percentOf(share)}  ${name}${left}`;
};

/** Whole seconds below a minute: it is a guess. */
const roughly = (seconds: number): string => (seconds < 60 ? `${Math.ceil(seconds)} s` : duration(seconds));

const percentOf = (share: number): string => `${Math.floor(100 * share)} %`.padStart(5);

/** What to write so that the line shows a text and nothing of what was there; the last column stays free. */
export const overwrite = (text: string, columns: number): string =>
  `\r${padTo(clipTo(text, columns - 1), columns - 1)}\r`;
