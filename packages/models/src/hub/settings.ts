// Where is the hub, where is its cache, and with which token? As the environment says, under the names that Hugging Face's
// own tools go by, so that what they downloaded is found here, and the other way round.
// Source: huggingface_hub, environment variables (HF_ENDPOINT, HF_HOME, HF_HUB_CACHE, HF_TOKEN, HF_HUB_OFFLINE, …).

import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

export type HubSettings = {
  /** Address of the hub, without a slash at the end. */
  readonly endpoint: string;
  /** Folder of the cache. */
  readonly cache: string;
  readonly token?: string;
  /** Only what is in the cache. */
  readonly offline: boolean;
  /** Milliseconds before each further try when a connection breaks; their number is the number of tries. */
  readonly pauses: readonly number[];
};

type Environment = Readonly<Record<string, string | undefined>>;

const HUB = "https://huggingface.co";
const PAUSES = [500, 2000, 8000]; // milliseconds: a short loss of the network, not a long one

const isOn = (value = ""): boolean => /^(1|on|yes|true)$/i.test(value);

const homeOf = (env: Environment): string =>
  env.HF_HOME ?? join(env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "huggingface");

/** The token of the environment, or of the file that a login leaves. */
const tokenOf = async (env: Environment): Promise<string | undefined> => {
  const given = env.HF_TOKEN ?? env.HUGGING_FACE_HUB_TOKEN;
  const text = given ?? (await readFile(env.HF_TOKEN_PATH ?? join(homeOf(env), "token"), "utf8").catch(() => ""));
  const token = text.trim();
  return token === "" ? undefined : token;
};

/** What the environment says; the token's file is looked at last. */
export const hubSettings = async (env: Environment = process.env): Promise<HubSettings> => {
  const token = await tokenOf(env);
  return {
    endpoint: (env.HF_ENDPOINT || HUB).replace(/\/+$/, ""),
    cache: env.HF_HUB_CACHE ?? env.HUGGINGFACE_HUB_CACHE ?? join(homeOf(env), "hub"),
    ...(token === undefined ? {} : { token }),
    offline: isOn(env.HF_HUB_OFFLINE) || isOn(env.TRANSFORMERS_OFFLINE),
    pauses: PAUSES,
  };
};
