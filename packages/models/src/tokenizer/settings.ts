// Is this tokenizer.json one that can be trusted to cut text as its model was trained on? Its JSON goes in; what the
// library needs, and what the alignment needs to know, come out, or the faults.
import { type Fault, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as t from "io-ts";
import { decode, finiteNumber, flag, orElse, tokenId } from "../config.ts";
import { clip, describe, isRecord, list } from "../describe.ts";
import type { Spelling } from "./bytes.ts";
import { asReference, partOfType, unsupported } from "./reference.ts";
import type { AddedToken } from "./sections.ts";

/** Spaces at the ends of a token are left out of its range, as a ByteLevel post-processor asks. */
export type Trim = { readonly keepsAddedSpace: boolean };

export type TokenizerSettings = {
  /** tokenizer.json for the library: complete, and in terms that it reads as the reference does. */
  readonly library: Readonly<Record<string, unknown>>;
  readonly added: readonly AddedToken[];
  readonly spelling: Spelling;
  /** The vocabulary is of whole words: one that it lacks is a fault, whatever its unknown token is. */
  readonly closed: boolean;
  readonly trim?: Trim;
};

type Result<A> = E.Either<readonly Fault[], A>;
type Json = Readonly<Record<string, unknown>>;

const Added = t.type({
  id: tokenId,
  content: t.string,
  special: orElse(flag, false),
  normalized: orElse(flag, undefined),
  single_word: orElse(flag, false),
  lstrip: orElse(flag, false),
  rstrip: orElse(flag, false),
});
const Parts = t.type({
  added_tokens: orElse(t.array(Added), []),
  model: t.UnknownRecord,
});
const UnigramModel = t.type({
  vocab: t.array(t.tuple([t.string, finiteNumber])),
  unk_id: orElse(tokenId, undefined),
});
const BpeModel = t.type({
  vocab: t.record(t.string, tokenId),
  merges: t.UnknownArray,
});
const WordModel = t.type({
  vocab: t.record(t.string, tokenId),
});

const wrong = (where: string, expected: string, got: string): Result<never> =>
  E.left([fault("tokenizer", where, expected, got, "this tokenizer is not supported yet")]);

/** Old files have no type: then the shape of the vocabulary says it. */
const typeOf = (model: Json): string => {
  if (typeof model.type === "string") return model.type;
  if (Array.isArray(model.vocab)) return "Unigram";
  return Array.isArray(model.merges) ? "BPE" : describe(model.type);
};

const isMerge = (merge: unknown): boolean =>
  typeof merge === "string"
    ? merge.includes(" ")
    : Array.isArray(merge) && merge.length === 2 && merge.every((part) => typeof part === "string");

/** Affixes that mark words are of other kinds of model; the library reads them differently. */
const affixes = (model: Json): readonly string[] =>
  ["continuing_subword_prefix", "end_of_word_suffix"].filter((key) => (model[key] ?? "") !== "");

const checkBpe = (model: Json, where: string): Result<Json> =>
  pipe(
    decode(BpeModel)(model, where),
    E.flatMap(({ vocab, merges }) => {
      const bad = merges.find((merge) => !isMerge(merge));
      if (bad !== undefined) return wrong(`${where} at merges`, "pairs of pieces", describe(bad));
      if (affixes(model).length > 0) return wrong(where, `no ${list(affixes(model))}`, "one");
      if (Object.keys(vocab).length === 0) return wrong(`${where} at vocab`, "at least one piece", "none");
      return E.right({ ignore_merges: false, ...model, type: "BPE" });
    }),
  );

const checkUnigram = (model: Json, where: string): Result<Json> =>
  pipe(
    decode(UnigramModel)(model, where),
    E.flatMap(({ vocab, unk_id: unknown }) => {
      if (unknown === undefined || unknown >= vocab.length) {
        return wrong(`${where} at unk_id`, `an id below ${vocab.length}`, describe(unknown));
      }
      return model.byte_fallback === true
        ? wrong(`${where} at byte_fallback`, "false for Unigram", "true")
        : E.right({ ...model, type: "Unigram" });
    }),
  );

/** Nothing but the vocabulary goes on: the library looks words up in it and has no id for the others, which is wanted. */
const checkWords = (model: Json, where: string): Result<Json> =>
  pipe(
    decode(WordModel)(model, where),
    E.flatMap(({ vocab }) =>
      Object.keys(vocab).length === 0
        ? wrong(`${where} at vocab`, "at least one word", "none")
        : E.right({ type: "WordLevel", vocab }),
    ),
  );

const checkModel = (model: Json, where: string): Result<Json> => {
  const type = typeOf(model);
  if (type === "BPE") return checkBpe(model, where);
  if (type === "WordLevel") return checkWords(model, where);
  return type === "Unigram"
    ? checkUnigram(model, where)
    : wrong(`${where} at type`, "BPE, Unigram or WordLevel", clip(type));
};

/** What the library takes for granted and would spell out as "undefined". */
const normalizerFaults = (setting: unknown, where: string): readonly Fault[] => {
  if (!isRecord(setting)) return [];
  if (Array.isArray(setting.normalizers)) {
    return setting.normalizers.flatMap((part, i) => normalizerFaults(part, `${where}.normalizers.${i}`));
  }
  const key = { Prepend: "prepend", Replace: "content", Sequence: "normalizers" }[String(setting.type)];
  return key === undefined || typeof setting[key] === "string"
    ? []
    : [fault("tokenizer", `${where}.${key}`, "a text", describe(setting[key]))];
};

const trimOf = (processor: unknown): Trim | undefined => {
  const found = partOfType(processor, "ByteLevel") ?? partOfType(processor, "RobertaProcessing");
  return found === undefined || found.trim_offsets === false
    ? undefined
    : { keepsAddedSpace: found.add_prefix_space !== false };
};

const spellingOf = (pretokenizer: unknown, closed: boolean): Spelling => {
  if (partOfType(pretokenizer, "ByteLevel") !== undefined) return "bytes";
  return closed && partOfType(pretokenizer, "Metaspace") === undefined ? "words" : "chars";
};

type Listed = t.TypeOf<typeof Added>;

/** The library makes a list as long as the highest id: holes are allowed, not any number of them. */
const checkIds = (listed: readonly Listed[], { vocab }: Json, where: string): Result<void> => {
  const ids = Array.isArray(vocab) ? [] : Object.values(vocab as Readonly<Record<string, number>>);
  const most = 2 * ((Array.isArray(vocab) ? vocab.length : ids.length) + listed.length) + FREE_IDS;
  const high = ids.find((id) => id >= most) ?? listed.find(({ id }) => id >= most)?.id;
  return high === undefined ? E.right(undefined) : wrong(where, `ids below ${most}, for so few pieces`, `${high}`);
};

const FREE_IDS = 65_536; // more than any model leaves free

/** Special tokens are looked for in the raw text, others in the normalised one, unless they say. */
const toAdded = ({ id, content, special, normalized, single_word, lstrip, rstrip }: Listed): AddedToken => ({
  id,
  content,
  special,
  normalized: normalized ?? !special,
  singleWord: single_word,
  lstrip,
  rstrip,
});

const settingsOf = (json: Json, listed: readonly Listed[], model: Json): TokenizerSettings => {
  const trim = trimOf(json.post_processor);
  const closed = model.type === "WordLevel";
  return {
    library: {
      normalizer: json.normalizer ?? null,
      pre_tokenizer: asReference(json.pre_tokenizer ?? null),
      post_processor: json.post_processor ?? null,
      decoder: null,
      added_tokens: listed.map((token) => ({ ...token, ...toAdded(token) })),
      model,
    },
    added: listed.map(toAdded),
    spelling: spellingOf(json.pre_tokenizer, closed),
    closed,
    ...(trim === undefined ? {} : { trim }),
  };
};

/** Decodes the JSON of a tokenizer. Faults (tags `config`, `tokenizer`): damaged, or of a kind that is not supported. */
export const decodeTokenizer = (json: unknown, where: string): Result<TokenizerSettings> => {
  if (!isRecord(json)) return wrong(where, "an object", describe(json));
  const odd = unsupported(asReference(json.pre_tokenizer));
  if (odd.length > 0) return wrong(`${where} at pre_tokenizer`, "a way of splitting that the library has", list(odd));
  const faults = normalizerFaults(json.normalizer, `${where} at normalizer`);
  if (faults.length > 0) return E.left(faults);
  return pipe(
    decode(Parts)(json, where),
    E.bindTo("parts"),
    E.bind("model", ({ parts }) => checkModel(parts.model, `${where} at model`)),
    E.tap(({ parts, model }) => checkIds(parts.added_tokens, model, where)),
    E.map(({ parts, model }) => settingsOf(json, parts.added_tokens, model)),
  );
};
