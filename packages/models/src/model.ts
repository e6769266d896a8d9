// A model by its name: what is on this machine's disk, or on the hub.
import { join } from "node:path";
import type { Fault, Faulty, RunOptions } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { assembled, type FamilyOptions, type Model, modelIn } from "./assembled.ts";
import { diskFolder } from "./disk.ts";
import { openGgufCheckpoint } from "./gguf/checkpoint.ts";
import type { HubId } from "./hub/id.ts";
import type { HubSettings } from "./hub/settings.ts";
import { snapshot } from "./hub/snapshot.ts";
import { type Source, sourceOf } from "./source.ts";
import { tokenizerOf } from "./tokenizer.ts";

export type LoadOptions = RunOptions &
  FamilyOptions & {
    /** For ids of the hub; what is not given is as the environment says (HF_TOKEN, HF_HOME, HF_HUB_OFFLINE, …). */
    readonly hub?: Partial<HubSettings>;
  };

const fromFolder = (path: string, options: LoadOptions, source = path): Faulty<Model> =>
  pipe(
    diskFolder(path),
    TE.chain((folder) => modelIn(folder, options, source)),
  );

const fromGguf = (path: string, { families }: LoadOptions, source = path): Faulty<Model> =>
  pipe(
    openGgufCheckpoint(path),
    TE.chain((checkpoint) => {
      const tokenizer = TE.fromEither(E.flatMap((json: unknown) => tokenizerOf(json, path))(checkpoint.tokenizer));
      return assembled(source, { checkpoint, config: path, tokenizer }, families);
    }),
  );

const fromHub = (id: HubId, options: LoadOptions): Faulty<Model> =>
  pipe(
    snapshot(id, options.hub, options),
    TE.chain(({ folder, name }) =>
      id.file === undefined
        ? fromFolder(folder, options, name)
        : fromGguf(join(folder, id.file), options, `${name}/${id.file}`),
    ),
  );

const from = (source: Source, options: LoadOptions): Faulty<Model> => {
  if (source.kind === "hub") return fromHub(source, options);
  return source.kind === "gguf" ? fromGguf(source.path, options) : fromFolder(source.path, options);
};

/**
 * Opens a model: a Hugging Face folder (config.json, safetensors, tokenizer.json), a .gguf file, or an id of the hub
 * (owner/name, owner/name@revision, owner/name/file.gguf), which is downloaded first. Nothing large is read into memory.
 * Faults: those of sourceOf, of the download, of the checkpoint, of architectureOf and of the tokenizer.
 */
export const loadModel = (name: string, options: LoadOptions = {}): TE.TaskEither<readonly Fault[], Model> =>
  pipe(
    sourceOf(name),
    TE.chain((source) => from(source, options)),
  );
