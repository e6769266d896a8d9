// A checkpoint ready to be explained: its architecture as an expression, its tokenizer, its weights unread.
import { join } from "node:path";
import type { Fault, Faulty, RunOptions, Weights } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { Architecture } from "./architecture.ts";
import { underPrefix } from "./checkpoint/prefix.ts";
import { type Checkpoint, openCheckpoint } from "./checkpoint.ts";
import { architectureOf, type Families } from "./families.ts";
import { openGgufCheckpoint } from "./gguf/checkpoint.ts";
import type { HubId } from "./hub/id.ts";
import type { HubSettings } from "./hub/settings.ts";
import { snapshot } from "./hub/snapshot.ts";
import { isReadable } from "./safetensors/values.ts";
import { type Source, sourceOf } from "./source.ts";
import { loadTokenizer, type Tokenizer, tokenizerOf } from "./tokenizer.ts";

export type Model = {
  /** What it was opened from: a folder, a file, or `owner/name@commit` of the hub. */
  readonly source: string;
  readonly architecture: Architecture;
  readonly tokenizer: Tokenizer;
  readonly checkpoint: Checkpoint;
  readonly weights: Weights;
  readonly close: () => Promise<void>;
};

export type LoadOptions = RunOptions & {
  /** Families of one's own, by `model_type`; they go before those that come along. */
  readonly families?: Families;
  /** For ids of the hub; what is not given is as the environment says (HF_TOKEN, HF_HOME, HF_HUB_OFFLINE, …). */
  readonly hub?: Partial<HubSettings>;
};

const dtypes = { F64: "f64", F32: "f32", F16: "f16", BF16: "bf16", I32: "i32", I64: "i32" } as const;

/** A checkpoint's tensors as a backend asks for them. */
export const weightsIn = (checkpoint: Checkpoint): Weights => ({
  describe: (name) => {
    const found = checkpoint.tensors.get(name);
    if (found === undefined || !isReadable(found.dtype)) return undefined;
    return { dtype: dtypes[found.dtype as keyof typeof dtypes], shape: found.shape };
  },
  read: checkpoint.read,
  ...(checkpoint.blocks === undefined ? {} : { blocks: checkpoint.blocks }),
});

/** A checkpoint by the names of an architecture, whichever of its models it was saved from. */
export const namedFor = ({ prefix }: Architecture, checkpoint: Checkpoint): Checkpoint =>
  prefix === undefined ? checkpoint : underPrefix(prefix)(checkpoint);

/** A checkpoint, and how its tokenizer is come by. */
type Opened<C extends Checkpoint> = {
  readonly checkpoint: C;
  readonly config: string;
  readonly tokenizer: Faulty<Tokenizer>;
};

const assembled = <C extends Checkpoint>(
  source: string,
  { checkpoint, config, tokenizer }: Opened<C>,
  families: Families | undefined,
): Faulty<Model> =>
  pipe(
    TE.fromEither(architectureOf(checkpoint.config, config, families)),
    TE.bindTo("architecture"),
    TE.bind("tokenizer", () => tokenizer),
    TE.map((found): Model => {
      const named = namedFor(found.architecture, checkpoint);
      return { source, ...found, checkpoint: named, weights: weightsIn(named), close: checkpoint.close };
    }),
    TE.orElseFirstTaskK(() => () => checkpoint.close()),
  );

const fromFolder = (folder: string, { families }: LoadOptions, source = folder): Faulty<Model> =>
  pipe(
    openCheckpoint(folder),
    TE.chain((checkpoint) =>
      assembled(source, { checkpoint, config: `${folder}/config.json`, tokenizer: loadTokenizer(folder) }, families),
    ),
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
