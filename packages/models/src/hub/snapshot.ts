// How does an id of the hub become a folder? Its revision is looked up, what is needed and not yet in the cache is downloaded,
// and the snapshot's folder comes out, to be opened as any other. Without the hub, or when told to do without, the cache
// alone must do.

import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Fault, fault, type RunOptions } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import type * as TE from "fp-ts/lib/TaskEither.js";
import { findLayout } from "../checkpoint/layout.ts";
import { onDisk } from "../disk.ts";
import {
  blobPath,
  commitOf,
  isCommit,
  isComplete,
  isThere,
  link,
  type Place,
  snapshotFolder,
  writeRef,
} from "./cache.ts";
import type { HubId } from "./id.ts";
import { neededOf } from "./needed.ts";
import { causeOf, type Listing, listingOf } from "./remote.ts";
import { type HubSettings, hubSettings } from "./settings.ts";
import { transfer } from "./transfer.ts";

export type Snapshot = {
  readonly folder: string;
  /** `owner/name@commit`, whatever the revision was called. */
  readonly name: string;
};

type Result<A> = Promise<E.Either<readonly Fault[], A>>;

type Ask = { readonly id: HubId; readonly place: Place; readonly settings: HubSettings; readonly options: RunOptions };

const snapshotOf = ({ id, place }: Ask, commit: string): Snapshot => ({
  folder: snapshotFolder(place, commit),
  name: `${id.repo}@${commit}`,
});

/** The snapshot in the cache, where it has everything. */
const cached = async (ask: Ask): Promise<Snapshot | undefined> => {
  const commit = await commitOf(ask.place, ask.id.revision);
  if (commit === undefined) return undefined;
  const snapshot = snapshotOf(ask, commit);
  return (await isComplete(snapshot.folder, ask.id)) ? snapshot : undefined;
};

/** One file, from the cache or from the hub. */
const bring = async (ask: Ask, { commit, files }: Listing, name: string): Result<void> => {
  const { id, place, settings, options } = ask;
  const file = files.get(name);
  const what = `${id.repo}@${id.revision}`;
  if (file === undefined) return E.left([fault("hub", what, `a file ${name}`, "none of this name")]);
  const blob = blobPath(place, file.hash);
  if (!(await isThere(blob, file.bytes))) {
    await mkdir(dirname(blob), { recursive: true });
    const path = name.split("/").map(encodeURIComponent).join("/");
    const url = `${settings.endpoint}/${id.repo}/resolve/${commit}/${path}`;
    const brought = await transfer({ url, blob, file, settings, options });
    if (E.isLeft(brought)) return brought;
  }
  const path = join(snapshotFolder(place, commit), name);
  if (!(await isThere(path, file.bytes))) await link(blob, path);
  return E.right(undefined);
};

const bringAll = async (ask: Ask, listing: Listing, names: readonly string[]): Result<void> => {
  for (const name of names) {
    const brought = await bring(ask, listing, name);
    if (E.isLeft(brought)) return brought;
  }
  return E.right(undefined);
};

const download = async (ask: Ask, listing: Listing): Result<Snapshot> => {
  const needed = neededOf(ask.id, [...listing.files.keys()]);
  if (E.isLeft(needed)) return needed;
  const first = await bringAll(ask, listing, needed.right.files);
  if (E.isLeft(first)) return first;
  const snapshot = snapshotOf(ask, listing.commit);
  if (needed.right.sharded) {
    const layout = await findLayout(onDisk(snapshot.folder, [...listing.files.keys()]))();
    if (E.isLeft(layout)) return layout;
    const shards = await bringAll(ask, listing, layout.right.files);
    if (E.isLeft(shards)) return shards;
  }
  await writeRef(ask.place, ask.id.revision, listing.commit);
  return E.right(snapshot);
};

const online = async (ask: Ask): Result<Snapshot> => {
  // A commit never changes: what is there of it needs no asking.
  const known = isCommit(ask.id.revision) ? await cached(ask) : undefined;
  if (known !== undefined) return E.right(known);
  const listing = await listingOf(ask.id, ask.settings);
  if (E.isRight(listing)) return download(ask, listing.right);
  const fallback = listing.left.unreachable ? await cached(ask) : undefined;
  return fallback === undefined ? E.left(listing.left.faults) : E.right(fallback);
};

const offline = async (ask: Ask): Result<Snapshot> => {
  const found = await cached(ask);
  const what = `${ask.id.repo}@${ask.id.revision}`;
  const next = "unset HF_HUB_OFFLINE to download it";
  return found === undefined
    ? E.left([fault("hub", what, `a whole copy in ${ask.place.cache}`, "none, and offline", next)])
    : E.right(found);
};

/**
 * The folder of a model of the hub, downloaded as far as it is not there. Settings that are not given are the environment's.
 * Faults (tags `hub`, `checkpoint`, `file`, `aborted`): refused, not there, not reached, weights only as a pickle, a download
 * that breaks off or is not what the hub says it is. A file of the cache is whole or not there, whatever happens.
 */
export const snapshot =
  (id: HubId, own: Partial<HubSettings> = {}, options: RunOptions = {}): TE.TaskEither<readonly Fault[], Snapshot> =>
  async () => {
    const settings = { ...(await hubSettings()), ...own };
    const ask: Ask = { id, place: { cache: settings.cache, repo: id.repo }, settings, options };
    try {
      return await (settings.offline ? offline(ask) : online(ask));
    } catch (error) {
      return E.left([fault("file", settings.cache, "a cache to write to", causeOf(error))]);
    }
  };
