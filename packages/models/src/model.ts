// A checkpoint ready to be explained: its architecture as an expression, its tokenizer, its weights unread.
import type { Fault, Faulty, Weights } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { Architecture } from "./architecture.ts";
import { type Checkpoint, openCheckpoint } from "./checkpoint.ts";
import { architectureOf, type Families } from "./families.ts";
import { openGgufCheckpoint } from "./gguf/checkpoint.ts";
import { isReadable } from "./safetensors/values.ts";
import { sourceOf } from "./source.ts";
import { loadTokenizer, type Tokenizer, tokenizerOf } from "./tokenizer.ts";

export type Model = {
  /** What it was opened from: a folder or a file. */
  readonly source: string;
  readonly architecture: Architecture;
  readonly tokenizer: Tokenizer;
  readonly checkpoint: Checkpoint;
  readonly weights: Weights;
  readonly close: () => Promise<void>;
};

export type LoadOptions = {
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
});

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
    TE.map(
      (found): Model => ({ source, ...found, checkpoint, weights: weightsIn(checkpoint), close: checkpoint.close }),
    ),
    TE.orElseFirstTaskK(() => () => checkpoint.close()),
  );

const fromFolder = (folder: string, { families }: LoadOptions): Faulty<Model> =>
  pipe(
    openCheckpoint(folder),
    TE.chain((checkpoint) =>
      assembled(folder, { checkpoint, config: `${folder}/config.json`, tokenizer: loadTokenizer(folder) }, families),
    ),
  );

const fromGguf = (path: string, { families }: LoadOptions): Faulty<Model> =>
  pipe(
    openGgufCheckpoint(path),
    TE.chain((checkpoint) => {
      const tokenizer = TE.fromEither(E.flatMap((json: unknown) => tokenizerOf(json, path))(checkpoint.tokenizer));
      return assembled(path, { checkpoint, config: path, tokenizer }, families);
    }),
  );

/**
 * Opens a model: a Hugging Face folder (config.json, safetensors, tokenizer.json) or a .gguf file. Nothing large is read.
 * Faults: those of sourceOf, of the checkpoint, of architectureOf and of the tokenizer.
 */
export const loadModel = (name: string, options: LoadOptions = {}): TE.TaskEither<readonly Fault[], Model> =>
  pipe(
    sourceOf(name),
    TE.chain((source) => {
      if (source.kind === "gguf") return fromGguf(source.path, options);
      return fromFolder(name, options);
    }),
  );
