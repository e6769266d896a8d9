// A checkpoint ready to be explained: its architecture as an expression, its tokenizer, its weights unread.
import type { Faulty, Weights } from "@depass/graph";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { Architecture } from "./architecture.ts";
import { underPrefix } from "./checkpoint/prefix.ts";
import { type Checkpoint, openCheckpoint } from "./checkpoint.ts";
import { architectureOf } from "./families.ts";
import { isReadable } from "./safetensors/values.ts";
import { loadTokenizer, type Tokenizer } from "./tokenizer.ts";

export type Model = {
  readonly folder: string;
  readonly architecture: Architecture;
  readonly tokenizer: Tokenizer;
  readonly checkpoint: Checkpoint;
  readonly weights: Weights;
  readonly close: () => Promise<void>;
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
});

/** A checkpoint by the names of an architecture, whichever of its models it was saved from. */
export const namedFor = ({ prefix }: Architecture, checkpoint: Checkpoint): Checkpoint =>
  prefix === undefined ? checkpoint : underPrefix(prefix)(checkpoint);

/**
 * Opens a Hugging Face folder: config.json, safetensors, tokenizer.json. Nothing large is read yet.
 * Faults: those of openCheckpoint, architectureOf and loadTokenizer.
 */
export const loadModel = (folder: string): Faulty<Model> =>
  pipe(
    openCheckpoint(folder),
    TE.chain((checkpoint) =>
      pipe(
        TE.fromEither(architectureOf(checkpoint.config, `${folder}/config.json`)),
        TE.bindTo("architecture"),
        TE.bind("tokenizer", () => loadTokenizer(folder)),
        TE.map(({ architecture, tokenizer }): Model => {
          const named = namedFor(architecture, checkpoint);
          return {
            folder,
            architecture,
            tokenizer,
            checkpoint: named,
            weights: weightsIn(named),
            close: checkpoint.close,
          };
        }),
        TE.orElseFirstTaskK(() => () => checkpoint.close()),
      ),
    ),
  );
