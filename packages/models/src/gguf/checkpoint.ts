// How does a GGUF file answer as a checkpoint? Under the names, in the order of rows and with the config.json that its
// Hugging Face folder would have; its tokenizer comes from its header.

import { type Fault, fault, sizeOf, type Tensor, tensor } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { Checkpoint } from "../checkpoint/opened.ts";
import { clip, list } from "../describe.ts";
import type { TensorInfo } from "../safetensors/tensors.ts";
import { isPaired, ourName } from "./architectures.ts";
import { architectureIn, configOf, type Known } from "./config.ts";
import type { GgufTensor } from "./container.ts";
import { type GgufFile, openGguf } from "./read.ts";
import { type Scaling, scalingOf } from "./rope.ts";
import { inHalves } from "./rows.ts";
import { tokenizerJson } from "./tokenizer.ts";

type Result<A> = TE.TaskEither<readonly Fault[], A>;

export type GgufCheckpoint = Checkpoint & {
  /** The tokenizer.json it stands for, or what is wrong with the one in the header. */
  readonly tokenizer: E.Either<readonly Fault[], unknown>;
};

/** A tensor of the file under our name; `width` of a head where its rows are to be put back in order. */
type Place = { readonly name: string; readonly stored: GgufTensor; readonly width?: number };

const ROPE = "rope_freqs.weight"; // read by scalingIn

type Sizes = { readonly heads: number; readonly kvHeads: number };

const numberAt = ({ metadata }: GgufFile, key: string): number | undefined => {
  const value = metadata.get(key);
  return typeof value === "number" ? value : typeof value === "bigint" ? Number(value) : undefined;
};

const sizesIn = (file: GgufFile, { prefix }: Known): Sizes => {
  const heads = numberAt(file, `${prefix}.attention.head_count`) ?? 1;
  return { heads, kvHeads: numberAt(file, `${prefix}.attention.head_count_kv`) ?? heads };
};

/** Rows of a head, for a tensor that is stored pair by pair. */
const headWidth = ({ heads, kvHeads }: Sizes, name: string, rows: number): number =>
  rows / (name.includes("attn_k") ? kvHeads : heads);

const placesIn = (file: GgufFile, known: Known): E.Either<readonly Fault[], ReadonlyMap<string, Place>> => {
  const sizes = sizesIn(file, known);
  const places = new Map<string, Place>();
  const faults: Fault[] = [];
  for (const [name, stored] of file.tensors) {
    const ours = ourName(known, name);
    const width = isPaired(known, name) ? headWidth(sizes, name, stored.shape[0] ?? 0) : undefined;
    const where = `${file.path} at ${clip(name)}`;
    if (ours === undefined) {
      if (name !== ROPE) faults.push(fault("gguf", where, `a tensor of ${known.prefix}`, "one we have no use for"));
    } else if (width !== undefined && !(Number.isInteger(width / 2) && width > 0)) {
      faults.push(fault("gguf", where, "whole heads of pairs of rows", `heads of ${width} rows`));
    } else places.set(ours, { name, stored, ...(width === undefined ? {} : { width }) });
  }
  return faults.length === 0 ? E.right(places) : E.left(faults.slice(0, 20));
};

const STORED = { f64: "F64", f32: "F32", f16: "F16", bf16: "BF16", i32: "I32" } as const;

const infoOf = ({ stored: { type, shape, bytes } }: Place): TensorInfo => ({ dtype: STORED[type.dtype], shape, bytes });

/** The heads that rows `first` to `first + count - 1` are of are read whole: a row's pair may be anywhere in its head. */
const pairedRows = (file: GgufFile, { name, stored, width }: Required<Place>, first: number, count: number) => {
  const [rows = 0] = stored.shape;
  const from = Math.floor(first / width) * width;
  const to = Math.min(rows, Math.ceil((first + count) / width) * width);
  return pipe(
    first >= 0 && first + count <= rows && count > 0
      ? file.readRows(name, from, to - from)
      : file.readRows(name, first, count), // nothing, or a fault
    TE.map((heads): Tensor => {
      if (count === 0) return heads;
      const ordered = inHalves(heads, width);
      const row = sizeOf(ordered.shape.slice(1));
      const data = ordered.data.slice((first - from) * row, (first - from + count) * row);
      return tensor(ordered.dtype, [count, ...ordered.shape.slice(1)], data);
    }),
  );
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
        TE.flatMap(({ name: stored, width }) =>
          pipe(
            file.read(stored),
            TE.map((found) => (width === undefined ? found : inHalves(found, width))),
          ),
        ),
      ),
    readRows: (name, first, count) =>
      pipe(
        find(name),
        TE.flatMap(({ width, ...place }) =>
          width === undefined
            ? file.readRows(place.name, first, count)
            : pairedRows(file, { ...place, width }, first, count),
        ),
      ),
  };
};

/** The scaling that a tensor of divisors says; undefined where there is none and the header has the say. */
const scalingIn = (file: GgufFile, { prefix }: Known): Result<Scaling | undefined> => {
  const stored = file.tensors.get(ROPE);
  if (stored === undefined) return TE.right(undefined);
  const width = 2 * (stored.shape[0] ?? 0);
  const theta = numberAt(file, `${prefix}.rope.freq_base`) ?? 10_000;
  const where = `${file.path} at ${ROPE}`;
  return stored.shape.length !== 1 || stored.type.dtype !== "f32" || width > MOST_WIDTH
    ? TE.left([fault("gguf", where, "a list of F32", `[${list(stored.shape.map(String))}]`)])
    : pipe(
        file.read(ROPE),
        TE.flatMapEither(({ data }) => scalingOf(data, theta, width, where)),
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

const answering = (file: GgufFile): Result<GgufCheckpoint> =>
  pipe(
    TE.Do,
    TE.bind("known", () => TE.fromEither(architectureIn(file.metadata, file.path))),
    TE.bind("places", ({ known }) => TE.fromEither(placesIn(file, known))),
    TE.bind("scaling", ({ known }) => scalingIn(file, known)),
    TE.bind("config", ({ known, places, scaling }) => {
      const shapes = {
        vocabulary: places.get("model.embed_tokens.weight")?.stored.shape[0],
        tied: !places.has("lm_head.weight"),
        attentionBias: places.has("model.layers.0.self_attn.q_proj.bias"),
        mlpBias: places.has("model.layers.0.mlp.up_proj.bias"),
      };
      return TE.fromEither(configOf(file.metadata, known, shapes, scaling, file.path));
    }),
    TE.map(({ places, config }): GgufCheckpoint => {
      const eos = numberAt(file, "tokenizer.ggml.eos_token_id");
      return {
        folder: file.path,
        config,
        ...(eos === undefined ? {} : { eos: [eos] }),
        tensors: new Map([...places].map(([name, place]) => [name, infoOf(place)])),
        unlisted: [],
        ...readersOf(file, places),
        close: file.close,
        tokenizer: tokenizerJson(file.metadata, file.path),
        chat: chatIn(file),
      };
    }),
  );

/**
 * Opens a GGUF file as a checkpoint; the caller closes it.
 * Faults (tags `file`, `gguf`): those of openGguf, an architecture, a tensor or a setting that is not known.
 */
export const openGgufCheckpoint = (path: string): Result<GgufCheckpoint> =>
  pipe(
    openGguf(path),
    TE.flatMap((file) =>
      pipe(
        answering(file),
        TE.tapError(() => TE.fromTask(() => file.close())),
      ),
    ),
  );
