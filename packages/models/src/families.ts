// Which family is a config.json of? The one list of those that are supported: a codec and an architecture each.
import { type Fault, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import type { Architecture } from "./architecture.ts";
import { describe, isRecord } from "./describe.ts";
import { decodeLlamaConfig } from "./families/llama.config.ts";
import { llama } from "./families/llama.ts";
import { decodeQwen2Config } from "./families/qwen2.config.ts";
import { qwen2 } from "./families/qwen2.ts";

/** From the raw config.json to the whole forward pass, or every setting that stands in the way. */
export type Family = (json: unknown, where: string) => E.Either<readonly Fault[], Architecture>;

const familyOf =
  <Config>(
    decode: (json: unknown, where?: string) => E.Either<readonly Fault[], Config>,
    build: (config: Config) => Architecture,
  ): Family =>
  (json, where) =>
    E.map(build)(decode(json, where));

/** By `model_type`. */
export const families: Readonly<Record<string, Family>> = {
  llama: familyOf(decodeLlamaConfig, llama),
  qwen2: familyOf(decodeQwen2Config, qwen2),
};

/** Faults: no or an unknown `model_type`, and those of the family's codec. */
export const architectureOf: Family = (json, where) => {
  const type = isRecord(json) ? json.model_type : undefined;
  const known = Object.keys(families).join(", ");
  return typeof type === "string" && Object.hasOwn(families, type)
    ? (families[type] as Family)(json, where)
    : E.left([
        fault(
          "config",
          `${where} at model_type`,
          `one of ${known}`,
          describe(type),
          "this family is not supported yet",
        ),
      ]);
};
