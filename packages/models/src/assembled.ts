// A checkpoint ready to be explained: its architecture as an expression, its tokenizer, its weights unread.
import type { Faulty, Weights } from "@depass/graph";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { Architecture } from "./architecture.ts";
import { type Checkpoint, checkpointIn } from "./checkpoint/opened.ts";
import { underPrefix } from "./checkpoint/prefix.ts";
import { architectureOf, type Families } from "./families.ts";
import type { Folder } from "./folder.ts";
import { isReadable } from "./safetensors/values.ts";
import { type Tokenizer, tokenizerIn } from "./tokenizer/built.ts";

export type Model = {
  /** What it was opened from: a folder, a file, or `owner/name@commit` of the hub. */
  readonly source: string;
  readonly architecture: Architecture;
  readonly tokenizer: Tokenizer;
  readonly checkpoint: Checkpoint;
  readonly weights: Weights;
  readonly close: () => Promise<void>;
};

export type FamilyOptions = {
  /** Families of one's own, by `model_type`; they go before those that come along. */
  readonly families?: Families;
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
  rows: (name) =>
    (checkpoint.hasRows?.(name) ?? true) ? (first, count) => checkpoint.readRows(name, first, count) : undefined,
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

/** Faults: an architecture or a tokenizer that cannot be had; the checkpoint is then closed. */
export const assembled = <C extends Checkpoint>(
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

/**
 * The model in a folder: config.json, safetensors, tokenizer.json; `source` is what it was called. Nothing large is read.
 * Faults: those of checkpointIn, of architectureOf and of tokenizerIn.
 */
export const modelIn = (folder: Folder, { families }: FamilyOptions = {}, source = folder.path): Faulty<Model> =>
  pipe(
    checkpointIn(folder),
    TE.chain((checkpoint) =>
      assembled(source, { checkpoint, config: `${folder.path}/config.json`, tokenizer: tokenizerIn(folder) }, families),
    ),
  );
