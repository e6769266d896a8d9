// Which family is a config.json of? The one list of those that are supported: a codec and an architecture each.
import { type Fault, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import type { Architecture } from "./architecture.ts";
import { describe, isRecord } from "./describe.ts";
import { decodeGemma2Config, gemma2 } from "./families/gemma2.ts";
import { decodeGemma3Config, gemma3 } from "./families/gemma3.ts";
import { decodeGptNeoxConfig } from "./families/gpt-neox.config.ts";
import { gptNeox } from "./families/gpt-neox.ts";
import { decodeGpt2Config } from "./families/gpt2.config.ts";
import { gpt2 } from "./families/gpt2.ts";
import { decodeGraniteConfig, granite } from "./families/granite.ts";
import { decodeLlamaConfig } from "./families/llama.config.ts";
import { llama } from "./families/llama.ts";
import { decodeMistralConfig, mistral } from "./families/mistral.ts";
import { decodeMixtralConfig, mixtral } from "./families/mixtral.ts";
import { decodeOlmo2Config, olmo2 } from "./families/olmo2.ts";
import { decodePhi3Config, phi3 } from "./families/phi3.ts";
import { decodeQwen2Config } from "./families/qwen2.config.ts";
import { qwen2 } from "./families/qwen2.ts";
import { decodeQwen3Config, qwen3 } from "./families/qwen3.ts";
import { decodeQwen3MoeConfig, qwen3Moe } from "./families/qwen3-moe.ts";
import { decodeSmolLM3Config, smolLM3 } from "./families/smollm3.ts";

/** From the raw config.json to the whole forward pass, or every setting that stands in the way. */
export type Family = (json: unknown, where: string) => E.Either<readonly Fault[], Architecture>;

/** By `model_type`. */
export type Families = Readonly<Record<string, Family>>;

/** A family of its two halves: what decodes a config.json, and what builds the forward pass of what was decoded. */
export const familyOf =
  <Config>(
    decode: (json: unknown, where?: string) => E.Either<readonly Fault[], Config>,
    build: (config: Config) => Architecture,
  ): Family =>
  (json, where) =>
    E.map(build)(decode(json, where));

/** By `model_type`. */
export const families: Families = {
  gemma2: familyOf(decodeGemma2Config, gemma2),
  gemma3_text: familyOf(decodeGemma3Config, gemma3),
  granite: familyOf(decodeGraniteConfig, granite),
  llama: familyOf(decodeLlamaConfig, llama),
  mistral: familyOf(decodeMistralConfig, mistral),
  olmo2: familyOf(decodeOlmo2Config, olmo2),
  phi3: familyOf(decodePhi3Config, phi3),
  qwen2: familyOf(decodeQwen2Config, qwen2),
  qwen3: familyOf(decodeQwen3Config, qwen3),
  smollm3: familyOf(decodeSmolLM3Config, smolLM3),
  gpt2: familyOf(decodeGpt2Config, gpt2),
  gpt_neox: familyOf(decodeGptNeoxConfig, gptNeox),
  mixtral: familyOf(decodeMixtralConfig, mixtral),
  qwen3_moe: familyOf(decodeQwen3MoeConfig, qwen3Moe),
};

/** Families of one's own go before these. Faults: no or an unknown `model_type`, and those of the family's codec. */
export const architectureOf = (json: unknown, where: string, own: Families = {}): ReturnType<Family> => {
  const type = isRecord(json) ? json.model_type : undefined;
  const known = { ...families, ...own };
  return typeof type === "string" && Object.hasOwn(known, type)
    ? (known[type] as Family)(json, where)
    : E.left([
        fault(
          "config",
          `${where} at model_type`,
          `one of ${Object.keys(known).join(", ")}`,
          describe(type),
          "this family is not supported yet",
        ),
      ]);
};
