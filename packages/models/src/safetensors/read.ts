// A safetensors file of this machine.
import type { Faulty } from "@depass/graph";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { openFile } from "../file.ts";
import { type SafetensorsFile, safetensorsIn } from "./tensors.ts";

/**
 * Opens a safetensors file and checks its header; the caller closes it.
 * Faults (tags `file`, `safetensors`, `json`): unreadable, truncated, or a header that is not true of the file.
 */
export const openSafetensors = (path: string): Faulty<SafetensorsFile> =>
  pipe(openFile(path), TE.flatMap(safetensorsIn));
