// What is in a Hugging Face folder? Its raw configuration and its tensors, none of them read before it is asked for.
// Every file is checked for being what its name says, and no name leads out of the folder (links do: the Hugging Face cache
// is made of them).
import { type Fault, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { describe, isRecord } from "../describe.ts";
import { type Folder, jsonIn } from "../folder.ts";
import { findLayout } from "./layout.ts";
import { openWeights, type Weights } from "./weights.ts";

type Result<A> = TE.TaskEither<readonly Fault[], A>;

export type Checkpoint = Weights & {
  readonly folder: string;
  /** config.json as it is; a family's codec makes sense of it. */
  readonly config: unknown;
  /** Ids that end a generated text, as generation_config.json has them; absent where it does not say. */
  readonly eos?: readonly number[];
  /** What a GGUF file says of conversations: its template, and the tokens that it writes. A folder has that in other files. */
  readonly chat?: { readonly template?: string; readonly tokens: Readonly<Record<string, string>> };
};

const CONFIG = "config.json";
const GENERATION = "generation_config.json";
const MOST_CONFIG = 10_000_000; // bytes; real ones are under 100 kB

const isId = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

const decodeEos = (json: unknown, where: string): E.Either<readonly Fault[], readonly number[] | undefined> => {
  if (!isRecord(json)) return E.left([fault("checkpoint", where, "an object", describe(json))]);
  const value = json.eos_token_id;
  if (value === undefined || value === null) return E.right(undefined);
  const ids: readonly unknown[] = Array.isArray(value) ? value : [value];
  return ids.every(isId)
    ? E.right(ids)
    : E.left([fault("checkpoint", `${where} at eos_token_id`, "a token id or a list of them", describe(value))]);
};

const readEos = (folder: Folder): Result<readonly number[] | undefined> =>
  folder.names.includes(GENERATION)
    ? pipe(
        jsonIn(folder, GENERATION, MOST_CONFIG),
        TE.flatMapEither((json) => decodeEos(json, folder.pathOf(GENERATION))),
      )
    : TE.right(undefined);

/**
 * The checkpoint in a folder; the caller closes it.
 * Faults (tags `file`, `json`, `checkpoint`, `safetensors`): no config.json, no readable weights, shards missing or at odds
 * with their index, a damaged file.
 */
export const checkpointIn = (folder: Folder): Result<Checkpoint> =>
  pipe(
    TE.Do,
    TE.bind("layout", () => findLayout(folder)),
    TE.bind("config", () => jsonIn(folder, CONFIG, MOST_CONFIG)),
    TE.bind("eos", () => readEos(folder)),
    // Last, so that no handle is open when one of the above fails.
    TE.bind("weights", ({ layout }) => openWeights(folder, layout)),
    TE.map(({ config, eos, weights }) => ({
      ...weights,
      folder: folder.path,
      config,
      ...(eos === undefined ? {} : { eos }),
    })),
  );
