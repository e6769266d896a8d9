// How do several safetensors files answer as one? Each tensor is looked up in the file that the layout means for it;
// all files are open at once (a handle each), none is read before it is asked.

import { type Blocks, type Fault, fault, type Tensor } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { clip, list } from "../describe.ts";
import type { Folder } from "../folder.ts";
import { type SafetensorsFile, safetensorsIn, type TensorInfo } from "../safetensors/tensors.ts";
import type { Layout } from "./layout.ts";

type Result<A> = TE.TaskEither<readonly Fault[], A>;

export type Weights = {
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** `shard: tensor` for each tensor of a shard that the index does not place there: it is not used. */
  readonly unlisted: readonly string[];
  readonly read: (name: string) => Result<Tensor>;
  readonly readRows: (name: string, first: number, count: number) => Result<Tensor>;
  /** Whether rows of a tensor are read without the others; true of all where it is not there. */
  readonly hasRows?: (name: string) => boolean;
  /** A tensor that is stored in blocks, as these. */
  readonly blocks?: (name: string) => Blocks | undefined;
  readonly close: () => Promise<void>;
};

type Shards = ReadonlyMap<string, SafetensorsFile>;

const closeAll = async (shards: Shards): Promise<void> => {
  await Promise.all([...shards.values()].map((shard) => shard.close()));
};

const openAll =
  (folder: Folder, files: readonly string[]): Result<Shards> =>
  async () => {
    const shards = new Map<string, SafetensorsFile>();
    for (const file of files) {
      const opened = await pipe(folder.open(file), TE.flatMap(safetensorsIn))();
      if (E.isLeft(opened)) {
        await closeAll(shards);
        return opened;
      }
      shards.set(file, opened.right);
    }
    return E.right(shards);
  };

/** With one file and no index, every tensor is where it is. */
const placesOf = ({ fileOf }: Layout, shards: Shards): ReadonlyMap<string, string> =>
  fileOf ??
  new Map([...shards].flatMap(([file, { tensors }]) => [...tensors.keys()].map((name) => [name, file] as const)));

const checkPlaces = (folder: string, places: ReadonlyMap<string, string>, shards: Shards): readonly Fault[] => {
  const lost = [...places].filter(([name, file]) => !shards.get(file)?.tensors.has(name));
  const names = lost.map(([name, file]) => `${clip(name)} (${file})`);
  const next = "the index and the shards are of different downloads: download both again";
  return lost.length === 0
    ? []
    : [fault("checkpoint", folder, "every tensor of the index in its shard", `without ${list(names)}`, next)];
};

const unlistedIn = (places: ReadonlyMap<string, string>, shards: Shards): readonly string[] =>
  [...shards].flatMap(([file, { tensors }]) =>
    [...tensors.keys()].filter((name) => places.get(name) !== file).map((name) => `${file}: ${clip(name)}`),
  );

const toWeights = (folder: string, places: ReadonlyMap<string, string>, shards: Shards): Weights => {
  const fileWith = (name: string): Result<SafetensorsFile> => {
    const shard = shards.get(places.get(name) ?? "");
    const where = `${folder} at ${clip(name)}`;
    return shard ? TE.right(shard) : TE.left([fault("checkpoint", where, "a tensor of this name", "none")]);
  };
  const infos = [...places].flatMap(([name, file]) => {
    const info = shards.get(file)?.tensors.get(name);
    return info === undefined ? [] : [[name, info] as const];
  });
  return {
    tensors: new Map(infos),
    unlisted: unlistedIn(places, shards),
    read: (name) =>
      pipe(
        fileWith(name),
        TE.flatMap((file) => file.read(name)),
      ),
    readRows: (name, first, count) =>
      pipe(
        fileWith(name),
        TE.flatMap((file) => file.readRows(name, first, count)),
      ),
    close: () => closeAll(shards),
  };
};

/** Faults: those of safetensorsIn, and a tensor of the index that its shard does not have (tag `checkpoint`). */
export const openWeights = (folder: Folder, layout: Layout): Result<Weights> =>
  pipe(
    openAll(folder, layout.files),
    TE.flatMap((shards) => {
      const places = placesOf(layout, shards);
      const faults = checkPlaces(folder.path, places, shards);
      return faults.length === 0
        ? TE.right(toWeights(folder.path, places, shards))
        : pipe(
            TE.left(faults),
            TE.tapError(() => TE.fromTask(() => closeAll(shards))),
          );
    }),
  );
