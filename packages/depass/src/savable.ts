// As what can results be saved? The one list of endings; how each is written stands in save.ts, how it is read in saved-kinds.ts.
import { extname } from "node:path";

/** `.safetensors` is for attributions, whose parts have states; `.jsonl` has a line a result, of as many as there are. */
export const savableEndings = [".json", ".safetensors", ".jsonl"] as const;
export type SavableEnding = (typeof savableEndings)[number];

/** The ending of a file's name, in any case, if something can be saved under it. */
export const savableEnding = (path: string): SavableEnding | undefined =>
  savableEndings.find((ending) => ending === extname(path).toLowerCase());
