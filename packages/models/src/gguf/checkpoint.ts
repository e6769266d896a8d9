// How does a GGUF file answer as a checkpoint? Under the names, in the order of rows and with the config.json that its
// Hugging Face folder would have; its tokenizer comes from its header.

import { type Fault, fault, type Tensor } from "@depass/graph";
import type * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { Checkpoint } from "../checkpoint/opened.ts";
import { clip, list } from "../describe.ts";
import { openFile } from "../file.ts";
import type { OpenFile } from "../open-file.ts";
import { architectureIn, configOf, type Known } from "./config.ts";
import type { GgufTensor } from "./container.ts";
import { shortest } from "./decimals.ts";
import type { Shapes } from "./hyperparameters.ts";
import {
  blocksAt,
  FACTORS,
  hasRows,
  infoOf,
  type Place,
  placesIn,
  ROPE,
  readPlace,
  readPlaceRows,
  type Sizes,
} from "./places.ts";
import { type GgufFile, ggufIn } from "./read.ts";
import { longScaling, type Scaling, scalingOf } from "./rope.ts";
import { tokenizerJson } from "./tokenizer.ts";

type Result<A> = TE.TaskEither<readonly Fault[], A>;

export type GgufCheckpoint = Checkpoint & {
  /** The tokenizer.json it stands for, or what is wrong with the one in the header. */
  readonly tokenizer: E.Either<readonly Fault[], unknown>;
};

const numberAt = ({ metadata }: GgufFile, key: string): number | undefined => {
  const value = metadata.get(key);
  return typeof value === "number" ? value : typeof value === "bigint" ? Number(value) : undefined;
};

const decimalAt = (file: GgufFile, key: string): number | undefined => {
  const value = numberAt(file, key);
  return value === undefined ? undefined : shortest(value);
};

const sizesIn = (file: GgufFile, { prefix }: Known): Sizes => {
  const heads = numberAt(file, `${prefix}.attention.head_count`) ?? 1;
  return { heads, kvHeads: numberAt(file, `${prefix}.attention.head_count_kv`) ?? heads };
};

const readersOf = (file: GgufFile, places: ReadonlyMap<string, Place>): Pick<Checkpoint, "read" | "readRows"> => {
  const find = (name: string): Result<Place> => {
    const place = places.get(name);
    const where = `${file.path} at ${clip(name)}`;
    return place === undefined ? TE.left([fault("gguf", where, "a tensor of this name", "none")]) : TE.right(place);
  };
  return {
    read: (name) =>
      pipe(
        find(name),
        TE.flatMap((place) => readPlace(file, place)),
      ),
    readRows: (name, first, count) =>
      pipe(
        find(name),
        TE.flatMap((place) => readPlaceRows(file, place, first, count)),
      ),
  };
};

/** A list of F32, one for each pair of a head. */
const readList = (file: GgufFile, name: string, stored: GgufTensor): Result<ArrayLike<number>> =>
  stored.shape.length !== 1 || stored.type.dtype !== "f32" || (stored.shape[0] ?? 0) > MOST_WIDTH / 2
    ? TE.left([fault("gguf", `${file.path} at ${name}`, "a list of F32", `[${list(stored.shape.map(String))}]`)])
    : TE.map(({ data }: Tensor) => data)(file.read(name));

const longIn = (file: GgufFile, { prefix }: Known, short: GgufTensor, long: GgufTensor): Result<Scaling> =>
  pipe(
    TE.Do,
    TE.bind("short", () => readList(file, FACTORS.short, short)),
    TE.bind("long", () => readList(file, FACTORS.long, long)),
    TE.map((found) => longScaling(found.short, found.long, decimalAt(file, `${prefix}.rope.scaling.attn_factor`))),
  );

/** The scaling that tensors say; undefined where there are none and the header has the say. */
const scalingIn = (file: GgufFile, known: Known): Result<Scaling | undefined> => {
  const [stored, short, long] = [ROPE, FACTORS.short, FACTORS.long].map((name) => file.tensors.get(name));
  if (short !== undefined && long !== undefined) return longIn(file, known, short, long);
  const single = short ?? long;
  if (single !== undefined) return TE.left([fault("gguf", `${file.path} at rope_factors`, "two lists", "one")]);
  if (stored === undefined) return TE.right(undefined);
  const theta = decimalAt(file, `${known.prefix}.rope.freq_base`) ?? 10_000;
  return pipe(
    readList(file, ROPE, stored),
    TE.flatMapEither((divisors) => scalingOf(divisors, theta, 2 * divisors.length, `${file.path} at ${ROPE}`)),
  );
};

const chatIn = (file: GgufFile): Required<Checkpoint>["chat"] => {
  const template = file.metadata.get("tokenizer.chat_template");
  const pieces = file.metadata.get("tokenizer.ggml.tokens");
  const tokens = ["bos", "eos", "unknown", "padding"].flatMap((name) => {
    const text: unknown = Array.isArray(pieces) ? pieces[numberAt(file, `tokenizer.ggml.${name}_token_id`) ?? -1] : "";
    return typeof text === "string" ? [[`${TOKEN_NAMES[name] ?? name}_token`, text]] : [];
  });
  return { tokens: Object.fromEntries(tokens), ...(typeof template === "string" ? { template } : {}) };
};

/** Names of templates where they are not the header's. */
const TOKEN_NAMES: Readonly<Record<string, string>> = { unknown: "unk", padding: "pad" };

const MOST_WIDTH = 65_536; // of a head; the widest of today are 256

const shapesIn = ({ tensors }: GgufFile): Shapes => ({
  vocabulary: tensors.get("token_embd.weight")?.shape[0],
  tied: !tensors.has("output.weight"),
  attentionBias: tensors.has("blk.0.attn_q.bias") || tensors.has("blk.0.attn_qkv.bias"),
  mlpBias: tensors.has("blk.0.ffn_up.bias"),
});

const answering = (file: GgufFile): Result<GgufCheckpoint> =>
  pipe(
    TE.Do,
    TE.bind("known", () => TE.fromEither(architectureIn(file.metadata, file.path))),
    TE.bind("places", ({ known }) => TE.fromEither(placesIn(file, known, sizesIn(file, known)))),
    TE.bind("scaling", ({ known }) => scalingIn(file, known)),
    TE.bind("config", ({ known, scaling }) =>
      TE.fromEither(configOf(file.metadata, known, shapesIn(file), scaling, file.path)),
    ),
    TE.map(({ places, config }): GgufCheckpoint => {
      const eos = numberAt(file, "tokenizer.ggml.eos_token_id");
      return {
        folder: file.path,
        config,
        ...(eos === undefined ? {} : { eos: [eos] }),
        tensors: new Map([...places].map(([name, place]) => [name, infoOf(place)])),
        unlisted: [],
        ...readersOf(file, places),
        hasRows: (name) => hasRows(places.get(name)),
        blocks: (name) => blocksAt(file, places.get(name)),
        close: file.close,
        tokenizer: tokenizerJson(file.metadata, file.path),
        chat: chatIn(file),
      };
    }),
  );

/** An open file as a checkpoint; closed where it is none. Faults (tag `gguf`): as openGgufCheckpoint. */
export const ggufCheckpointIn = (open: OpenFile): Result<GgufCheckpoint> =>
  pipe(
    ggufIn(open),
    TE.flatMap((file) =>
      pipe(
        answering(file),
        TE.tapError(() => TE.fromTask(() => file.close())),
      ),
    ),
  );

/**
 * Opens a GGUF file as a checkpoint; the caller closes it.
 * Faults (tags `file`, `gguf`): those of openGguf, an architecture, a tensor or a setting that is not known.
 */
export const openGgufCheckpoint = (path: string): Result<GgufCheckpoint> =>
  pipe(openFile(path), TE.flatMap(ggufCheckpointIn));
