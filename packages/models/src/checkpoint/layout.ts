// Which files of a Hugging Face folder hold its weights? One model.safetensors, or shards listed by an index; never a
// pickle, which would have to be executed to be read. A folder goes in, file names (and who is where) come out.

import { type Fault, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { clip, describe, isRecord, list } from "../describe.ts";
import { type Folder, jsonIn } from "../folder.ts";

/** `files` in the order of their names; `fileOf` says which file is meant for each tensor, absent with a single file. */
export type Layout = {
  readonly files: readonly string[];
  readonly fileOf?: ReadonlyMap<string, string>;
};

type Result<A> = TE.TaskEither<readonly Fault[], A>;

const SINGLE = "model.safetensors";
const INDEX = "model.safetensors.index.json";
const PICKLE = /^pytorch_model.*\.bin(?:\.index\.json)?$|\.(?:pt|pth|ckpt)$/; // PyTorch's own files
const MOST_INDEX = 100_000_000; // bytes; the largest indexes of today are 10 MB

const CONVERT =
  "convert it once, in Python: AutoModelForCausalLM.from_pretrained(folder).save_pretrained(folder, safe_serialization=True)";

/** A name that stays in the folder whatever the system makes of separators, and that is a shard by its ending. */
const isPlainName = (name: string): boolean =>
  /^[^/\\:\0]+\.safetensors$/.test(name) && !name.startsWith("..") && name !== ".safetensors";

const decodeIndex = (json: unknown, where: string): E.Either<readonly Fault[], Layout> => {
  const map = isRecord(json) ? json.weight_map : undefined;
  if (!isRecord(map)) {
    return E.left([fault("checkpoint", `${where} at weight_map`, "an object of file names", describe(map))]);
  }
  const entries = Object.entries(map);
  const bad = entries.find(([, file]) => typeof file !== "string" || !isPlainName(file));
  if (bad !== undefined) {
    const site = `${where} at weight_map.${clip(bad[0])}`;
    return E.left([fault("checkpoint", site, "the plain name of a .safetensors file beside it", describe(bad[1]))]);
  }
  const fileOf = new Map(entries as [string, string][]);
  return fileOf.size === 0
    ? E.left([fault("checkpoint", `${where} at weight_map`, "at least one tensor", "none")])
    : E.right({ files: [...new Set(fileOf.values())].sort(), fileOf });
};

const checkShards = (folder: string, names: readonly string[], layout: Layout): E.Either<readonly Fault[], Layout> => {
  const present = new Set(names);
  const missing = layout.files.filter((file) => !present.has(file));
  const next = "download the rest of the checkpoint";
  return missing.length === 0
    ? E.right(layout)
    : E.left([fault("checkpoint", folder, `${layout.files.length} shards`, `without ${list(missing)}`, next)]);
};

/** What a folder without weights that can be read has instead, and what to do with it. */
export const without = (folder: string, names: readonly string[]): Fault => {
  const expected = `${SINGLE} or ${INDEX}`;
  const pickle = [...names].sort().find((name) => PICKLE.test(name));
  const gguf = names.find((name) => name.endsWith(".gguf"));
  if (gguf !== undefined)
    return fault("checkpoint", folder, expected, `only ${clip(gguf)}`, "give the .gguf file itself");
  if (pickle !== undefined) return fault("checkpoint", folder, expected, `only ${clip(pickle)}`, CONVERT);
  const got = names.length === 0 ? "an empty folder" : `${list([...names].sort())}`;
  return fault("checkpoint", folder, expected, got, "give the folder of a Hugging Face checkpoint");
};

/** Faults (tags `checkpoint`, `file`, `json`): no weights, weights only as a pickle, shards missing, a bad index. */
export const findLayout = (folder: Folder): Result<Layout> => {
  const { path, names } = folder;
  // The order in which transformers looks for them.
  if (names.includes(SINGLE)) return TE.right({ files: [SINGLE] });
  if (!names.includes(INDEX)) return TE.left([without(path, names)]);
  return pipe(
    jsonIn(folder, INDEX, MOST_INDEX),
    TE.flatMapEither((json) => decodeIndex(json, folder.pathOf(INDEX))),
    TE.flatMapEither((layout) => checkShards(path, names, layout)),
  );
};
