// Which files of a model are wanted? Its configuration, its tokenizer and its weights as safetensors, or one GGUF file; never
// a pickle, and nothing for other frameworks. Names in, names out; the shards are known once their index is read.

import { type Fault, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { without } from "../checkpoint/layout.ts";
import { list } from "../describe.ts";
import type { HubId } from "./id.ts";

const INDEX = "model.safetensors.index.json";
const SINGLE = "model.safetensors";
const REQUIRED = ["config.json", "tokenizer.json"];
const USEFUL = ["generation_config.json", "tokenizer_config.json", "chat_template.jinja"];

export type Needed = {
  readonly files: readonly string[];
  /** Whether the shards of an index are to follow. */
  readonly sharded: boolean;
};

/** Faults (tags `hub`, `checkpoint`): no such file, no configuration or tokenizer, no weights that can be read. */
export const neededOf = ({ repo, file }: HubId, names: readonly string[]): E.Either<readonly Fault[], Needed> => {
  const has = (name: string): boolean => names.includes(name);
  if (file !== undefined) {
    const others = names.filter((name) => name.endsWith(".gguf"));
    return has(file)
      ? E.right({ files: [file], sharded: false })
      : E.left([fault("hub", repo, `a file ${file}`, list(others) || "no GGUF file in it")]);
  }
  const weights = [SINGLE, INDEX].find(has);
  if (weights === undefined) return E.left([hubFault(without(repo, names), repo, names)]);
  const missing = REQUIRED.filter((name) => !has(name));
  if (missing.length > 0) return E.left([fault("hub", repo, list(REQUIRED), `a model without ${list(missing)}`)]);
  return E.right({ files: [...REQUIRED, ...USEFUL.filter(has), weights], sharded: weights === INDEX });
};

/** A GGUF file on the hub is named with the model. */
const hubFault = (found: Fault, repo: string, names: readonly string[]): Fault => {
  const gguf = names.find((name) => name.endsWith(".gguf"));
  return gguf === undefined ? found : { ...found, next: `name a file of it: ${repo}/${gguf}` };
};
