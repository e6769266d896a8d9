// A checkpoint in a folder of this machine.
//
//   const checkpoint = await openCheckpoint("models/demo")()        // Either<readonly Fault[], Checkpoint>
import type { Faulty } from "@depass/graph";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type Checkpoint, checkpointIn } from "./checkpoint/opened.ts";
import { diskFolder } from "./disk.ts";

export type { Checkpoint } from "./checkpoint/opened.ts";

/** Opens the checkpoint in `folder`; the caller closes it. Faults: not a folder, and those of checkpointIn. */
export const openCheckpoint = (folder: string): Faulty<Checkpoint> =>
  pipe(diskFolder(folder), TE.flatMap(checkpointIn));
