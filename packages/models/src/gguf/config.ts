// What would the config.json of a GGUF file say? Its hyper-parameters under the names our families' codecs take, so that a
// file is decoded, and refused, as a folder is. Numbers of the header are f32: they are read as the decimals they were.
// Source of keys: github.com/ggml-org/ggml, docs/gguf.md (LLM).

import { type Fault, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { clip, describe, list } from "../describe.ts";
import { architectures, type GgufArchitecture, rowOf } from "./architectures.ts";
import type { Metadata } from "./container.ts";
import { shortest } from "./decimals.ts";
import { type Shapes, settings } from "./hyperparameters.ts";
import { headerScaling, type Scaling } from "./rope.ts";

type Result<A> = E.Either<readonly Fault[], A>;

/** The row of the file's architecture, and its name, under which its keys are. */
export type Known = GgufArchitecture & { readonly prefix: string };

/** Fault (tag `gguf`): none, or one that is not known. */
export const architectureIn = (metadata: Metadata, path: string): Result<Known> => {
  const prefix = metadata.get("general.architecture");
  const hasExperts = Number(metadata.get(`${prefix}.expert_count`) ?? 0) > 0;
  const found = typeof prefix === "string" ? rowOf(prefix, hasExperts) : undefined;
  const known = list([...architectures.keys()]);
  return found === undefined
    ? E.left([
        fault(
          "gguf",
          `${path} at general.architecture`,
          `one of ${known}`,
          describe(prefix),
          "GGUF files of this architecture are not supported yet: open its Hugging Face folder",
        ),
      ])
    : E.right({ ...found, prefix: prefix as string });
};

/** Counts of 64 bits are numbers where they fit; lists of one value for every layer are that value. */
const plain = (value: unknown): unknown => {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value) && value.length > 0 && value.every((item) => item === value[0])) return plain(value[0]);
  return typeof value === "number" ? shortest(value) : value;
};

const MOST_FAULTS = 20; // reported; a damaged header may hold a million keys

/** A setting that we do not know may change the result. */
const unknownKeys = (metadata: Metadata, { prefix, modelType }: Known, path: string): readonly Fault[] => {
  const used = settings[modelType]?.keys.split(" ") ?? [];
  return [...metadata.keys()]
    .filter((key) => key.startsWith(`${prefix}.`) && !used.includes(key.slice(prefix.length + 1)))
    .slice(0, MOST_FAULTS)
    .map((key) =>
      fault(
        "gguf",
        `${path} at ${clip(key)}`,
        "settings known of GGUF files",
        describe(metadata.get(key)),
        "not supported yet",
      ),
    );
};

/** The config.json that a file of this header and these tensors would have beside it; `scaling` where tensors say it. */
export const configOf = (
  metadata: Metadata,
  known: Known,
  shapes: Shapes,
  scaling: Scaling | undefined,
  path: string,
): Result<unknown> => {
  const { prefix, modelType, className } = known;
  const get = (key: string): unknown => plain(metadata.get(`${prefix}.${key}`));
  const unknown = unknownKeys(metadata, known, path);
  if (unknown.length > 0) return E.left(unknown.slice(0, 20));
  return E.right({
    architectures: [className],
    model_type: modelType,
    vocab_size: shapes.vocabulary,
    ...settings[modelType]?.config(get, shapes, scaling === undefined ? headerScaling(get) : scaling),
    bos_token_id: plain(metadata.get("tokenizer.ggml.bos_token_id")),
    eos_token_id: plain(metadata.get("tokenizer.ggml.eos_token_id")),
  });
};
