// Which template does a model's maker give for conversations, and which tokens does it write? In a folder: chat_template.jinja,
// or chat_template of tokenizer_config.json, where the tokens are too. In a GGUF file: its header.

import { join } from "node:path";
import { type Fault, type Faulty, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { Checkpoint } from "../checkpoint/opened.ts";
import { describe, isRecord } from "../describe.ts";
import { namesIn } from "../disk.ts";
import { readJson, withFile } from "../file.ts";
import { decodeUtf8 } from "../json.ts";
import { readBytes } from "../open-file.ts";

export type ChatTemplate = {
  readonly template: string;
  /** Names of tokens to their texts, such as `bos_token`. */
  readonly tokens: Readonly<Record<string, string>>;
  /** Its file, for faults. */
  readonly where: string;
};

const CONFIG = "tokenizer_config.json";
const OWN = "chat_template.jinja";
const MOST_CONFIG = 100_000_000; // bytes; files that list all added tokens reach some
const MOST_TEMPLATE = 1_000_000; // bytes; the longest of today are 20 kB

const none = (where: string, got: string): readonly Fault[] => [
  fault("chat", where, "a chat template", got, "this model has none: write the prompt as its maker says"),
];

/** A token is a text, or an object that has it as `content`. */
const textOf = (token: unknown): string | undefined => {
  const text = isRecord(token) ? token.content : token;
  return typeof text === "string" ? text : undefined;
};

const tokensIn = (config: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(isRecord(config) ? config : {}).flatMap(([key, value]) => {
      const text = key.endsWith("_token") ? textOf(value) : undefined;
      return text === undefined ? [] : [[key, text]];
    }),
  );

/** Several templates have names; the usual one is `default`. */
const templateIn = (config: unknown, where: string): E.Either<readonly Fault[], string> => {
  const found = isRecord(config) ? config.chat_template : undefined;
  const named: unknown = Array.isArray(found)
    ? found.filter(isRecord).find(({ name }) => name === "default")?.template
    : found;
  return typeof named === "string" ? E.right(named) : E.left(none(where, describe(found)));
};

const readText = (path: string): Faulty<string> =>
  withFile(path, (file) =>
    file.bytes > MOST_TEMPLATE
      ? TE.left([fault("chat", path, `at most ${MOST_TEMPLATE} bytes`, `${file.bytes}`)])
      : pipe(
          readBytes(file, 0, file.bytes),
          TE.flatMapEither((bytes) => decodeUtf8(bytes, path)),
        ),
  );

const inFolder = (folder: string): Faulty<ChatTemplate> => {
  const path = join(folder, CONFIG);
  const own = join(folder, OWN);
  return pipe(
    namesIn(folder),
    TE.bindTo("names"),
    TE.bind("config", ({ names }) => (names.includes(CONFIG) ? readJson(path, MOST_CONFIG) : TE.right(undefined))),
    TE.chain(({ names, config }) => {
      const hasOwn = names.includes(OWN);
      return pipe(
        hasOwn ? readText(own) : TE.fromEither(templateIn(config, path)),
        TE.map((template) => ({ template, tokens: tokensIn(config), where: hasOwn ? own : path })),
      );
    }),
  );
};

/** The template of a checkpoint. Faults (tags `chat`, `file`, `json`): it has none, or a file that cannot be read. */
export const chatTemplateOf = ({ folder, chat }: Pick<Checkpoint, "folder" | "chat">): Faulty<ChatTemplate> => {
  if (chat === undefined) return inFolder(folder);
  const { template, tokens } = chat;
  return template === undefined ? TE.left(none(folder, "nothing")) : TE.right({ template, tokens, where: folder });
};
