// What is in a model on the hub at a revision? Over @huggingface/hub, which knows the hub's interface and its pages; the
// answers are checked here, for they name files and folders of the cache.

import { type Fault, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { clip, describe } from "../describe.ts";
import type { HubId } from "./id.ts";
import type { HubSettings } from "./settings.ts";

/** A file on the hub; `hash` is the SHA-256 of a large one (64 digits), git's object id of a small one (40). */
export type RemoteFile = { readonly path: string; readonly bytes: number; readonly hash: string };

export type Listing = {
  /** The commit that the revision is now. */
  readonly commit: string;
  readonly files: ReadonlyMap<string, RemoteFile>;
};

export type Failure = {
  /** The hub was not reached at all: what is in the cache may do. */
  readonly unreachable: boolean;
  readonly faults: readonly Fault[];
};

const RIGHTS =
  "for a private or gated model accept its terms on the hub and set HF_TOKEN to a token that may read it; else check the name";

/** What a status of the hub means to whoever asked for `what`. */
export const refused = (what: string, status: number, message: string): Fault => {
  const got = `status ${status}${message === "" ? "" : ` (${clip(message)})`}`;
  if (status === 401 || status === 403) return fault("hub", what, "a model that may be read", got, RIGHTS);
  if (status === 404) return fault("hub", what, "a model, revision and file of the hub", got, "check the name");
  return fault("hub", what, "an answer of the hub", got, "try again later");
};

/** The innermost cause: undici wraps `connect ECONNREFUSED` in `fetch failed`. */
export const causeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const inner = error.cause instanceof AggregateError ? error.cause.errors[0] : error.cause;
  return inner instanceof Error ? causeOf(inner) : error.message;
};

/** With the token, which fetch does not hand on to another host when it is sent there. */
export const withToken =
  ({ token }: HubSettings): typeof fetch =>
  (url, init) =>
    fetch(url, {
      ...init,
      headers: {
        ...(init?.headers as Record<string, string>),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
    });

const MOST_FILES = 10_000; // in the root folder of a model; real ones have dozens

type Entry = {
  readonly path: string;
  readonly size: number;
  readonly oid?: string;
  readonly lfs?: { readonly oid: string };
};

const isHash = (text: unknown): text is string =>
  typeof text === "string" && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text);

const fileOf = (what: string, { path, size, oid, lfs }: Entry): E.Either<Fault, RemoteFile> => {
  const hash = lfs?.oid ?? oid;
  if (!isHash(hash)) return E.left(fault("hub", `${what} at ${clip(path)}`, "a hash", describe(hash)));
  return Number.isSafeInteger(size) && size >= 0
    ? E.right({ path, bytes: size, hash })
    : E.left(fault("hub", `${what} at ${clip(path)}`, "a size in bytes", describe(size)));
};

const fetchListing = async (id: HubId, settings: HubSettings): Promise<E.Either<readonly Fault[], Listing>> => {
  // Loaded when it is needed: most calls open a folder.
  const { listFiles, modelInfo } = await import("@huggingface/hub");
  const what = `${id.repo}@${id.revision}`;
  const asked = { hubUrl: settings.endpoint, fetch: withToken(settings) };
  const { sha } = await modelInfo({ name: id.repo, revision: id.revision, additionalFields: ["sha"], ...asked });
  if (typeof sha !== "string" || !/^[0-9a-f]{40}$/.test(sha))
    return E.left([fault("hub", what, "a commit", describe(sha))]);
  const files = new Map<string, RemoteFile>();
  for await (const entry of listFiles({ repo: id.repo, revision: sha, ...asked })) {
    if (files.size >= MOST_FILES) return E.left([fault("hub", what, `at most ${MOST_FILES} files`, "more")]);
    if (entry.type !== "file") continue;
    const file = fileOf(what, entry);
    if (E.isLeft(file)) return E.left([file.left]);
    files.set(entry.path, file.right);
  }
  return E.right({ commit: sha, files });
};

/** Status of an answer that the library threw; undefined where there was none. */
const statusOf = (error: unknown): number | undefined =>
  error instanceof Error && "statusCode" in error ? Number(error.statusCode) : undefined;

/** Faults (tag `hub`): not reached, refused, no such model or revision, an answer that makes no sense. */
export const listingOf = async (id: HubId, settings: HubSettings): Promise<E.Either<Failure, Listing>> => {
  const what = `${id.repo}@${id.revision}`;
  try {
    return E.mapLeft((faults: readonly Fault[]): Failure => ({ unreachable: false, faults }))(
      await fetchListing(id, settings),
    );
  } catch (error) {
    const status = statusOf(error);
    if (status !== undefined) {
      const message = (error as Error).message.replace(/\.? ?(URL|Request ID): .*$/s, "");
      return E.left({ unreachable: status >= 500, faults: [refused(what, status, message)] });
    }
    const next = "check the connection, or set HF_HUB_OFFLINE=1 to use what is in the cache";
    const unreached = fault("hub", what, `an answer of ${settings.endpoint}`, clip(causeOf(error)), next);
    return E.left({ unreachable: true, faults: [unreached] });
  }
};
