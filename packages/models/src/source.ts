// What does a person mean by the name of a model? A path that is there is a folder or a .gguf file; what is not there and
// reads owner/name, with @revision or without, is a model on the hub; anything else is a fault that says what would do.

import { stat } from "node:fs/promises";
import { type Fault, fault } from "@depass/graph";
import * as TE from "fp-ts/lib/TaskEither.js";
import { clip } from "./describe.ts";
import { type HubId, hubIdOf } from "./hub/id.ts";

export type Source =
  | { readonly kind: "folder"; readonly path: string }
  | { readonly kind: "gguf"; readonly path: string }
  | ({ readonly kind: "hub" } & HubId);

const EXPECTED = "a folder, a .gguf file or a hub id (owner/name)";

/** Faults (tag `file`): neither of the three. */
export const sourceOf =
  (name: string): TE.TaskEither<readonly Fault[], Source> =>
  async () => {
    const found = await stat(name).catch(() => undefined);
    if (found?.isDirectory()) return TE.right({ kind: "folder", path: name } as const)();
    if (found?.isFile() && /\.gguf$/i.test(name)) return TE.right({ kind: "gguf", path: name } as const)();
    if (found !== undefined)
      return TE.left([fault("file", name, EXPECTED, "something else", "give the folder that holds config.json")])();
    const id = hubIdOf(name);
    return id === undefined
      ? TE.left([fault("file", clip(name), EXPECTED, "nothing there")])()
      : TE.right({ kind: "hub", ...id } as const)();
  };
