// As what can an attribution be saved? The one list of endings; how each is written stands in save.ts.
import { extname } from "node:path";

export const savableEndings = [".json", ".safetensors"] as const;
export type SavableEnding = (typeof savableEndings)[number];

/** The ending of a file's name, in any case, if something can be saved under it. */
export const savableEnding = (path: string): SavableEnding | undefined =>
  savableEndings.find((ending) => ending === extname(path).toLowerCase());
