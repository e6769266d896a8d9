// Which tokenizer is in a GGUF file? The header has pieces, merges or scores, and the name of a way of splitting; from these
// comes the tokenizer.json that the model was published with, and from it a tokenizer as of any folder.
// Source of keys: github.com/ggml-org/ggml, docs/gguf.md (Tokenizer).

import { type Fault, fault } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as t from "io-ts";
import { decode, flag, orElse, tokenId } from "../config.ts";
import { describe, list } from "../describe.ts";
import type { Metadata } from "./container.ts";
import { mergesOf } from "./merges.ts";
import { type Splitting, splittings } from "./splitting.ts";

type Result<A> = E.Either<readonly Fault[], A>;
type Json = Readonly<Record<string, unknown>>;

const Header = t.type({
  model: t.string,
  pre: orElse(t.string, undefined),
  tokens: t.array(t.string),
  token_type: orElse(t.array(t.number), undefined),
  scores: orElse(t.array(t.number), undefined),
  merges: orElse(t.array(t.string), undefined),
  bos_token_id: orElse(tokenId, undefined),
  eos_token_id: orElse(tokenId, undefined),
  unknown_token_id: orElse(tokenId, undefined),
  add_bos_token: orElse(flag, undefined),
  add_eos_token: orElse(flag, undefined),
  add_space_prefix: orElse(flag, undefined),
});
type Header = t.TypeOf<typeof Header>;

const PREFIX = "tokenizer.ggml.";

/** Kinds of pieces, as `token_type` numbers them. */
const UNKNOWN = 2;
const CONTROL = 3;
const OWN = 4; // added by whoever made the model: found in the text before it is split
const BYTE = 6;

const added = ({ tokens, token_type: types = [] }: Header): readonly Json[] =>
  tokens.flatMap((content, id) => {
    const type = types[id];
    const special = type === CONTROL || type === UNKNOWN;
    return special || type === OWN ? [{ id, content, special, normalized: false }] : [];
  });

const vocabOf = ({ tokens }: Header): Readonly<Record<string, number>> =>
  Object.fromEntries(tokens.map((token, id) => [token, id]));

/** What is put around a text, by the ids that the header names. */
const around = (header: Header, addsBos: boolean): Json | null => {
  const piece = (id: number | undefined) =>
    id === undefined ? [] : [{ SpecialToken: { id: header.tokens[id] as string, type_id: 0 } }];
  const before = (header.add_bos_token ?? addsBos) ? piece(header.bos_token_id) : [];
  const after = header.add_eos_token === true ? piece(header.eos_token_id) : [];
  if (before.length + after.length === 0) return null;
  return {
    type: "TemplateProcessing",
    single: [...before, { Sequence: { id: "A", type_id: 0 } }, ...after],
    pair: [],
    special_tokens: {},
  };
};

/** GPT-2's kind: merges of bytes within the words that a way of splitting gives. */
const bytePairs = (header: Header, { normalizer, words, ignoreMerges, addsBos }: Splitting): Json => ({
  added_tokens: added(header),
  normalizer,
  pre_tokenizer: words,
  post_processor: around(header, addsBos),
  model: {
    type: "BPE",
    unk_token: null,
    byte_fallback: false,
    fuse_unk: false,
    ignore_merges: ignoreMerges,
    vocab: vocabOf(header),
    merges: header.merges ?? [],
  },
});

/** SentencePiece's kind: a sign for spaces, merges in the order of the scores of what they give, bytes for the rest. */
const scored = (header: Header, scores: readonly number[]): Json => {
  const sign = { type: "Replace", pattern: { String: " " }, content: "▁" };
  const first = { type: "Prepend", prepend: "▁" };
  return {
    added_tokens: added(header),
    normalizer: header.add_space_prefix === false ? sign : { type: "Sequence", normalizers: [first, sign] },
    pre_tokenizer: null,
    post_processor: around(header, true),
    model: {
      type: "BPE",
      unk_token: header.tokens[header.unknown_token_id ?? 0],
      byte_fallback: header.token_type?.includes(BYTE) === true,
      fuse_unk: true,
      ignore_merges: false,
      vocab: vocabOf(header),
      merges: mergesOf(header.tokens, scores),
    },
  };
};

const wrong = (where: string, expected: string, got: string, next?: string): Result<never> =>
  E.left([fault("gguf", where, expected, got, next)]);

const repeated = (tokens: readonly string[]): string | undefined => {
  const seen = new Set<string>();
  return tokens.find((token) => seen.has(token) || !seen.add(token));
};

/** Lists beside the tokens have their length, and ids are ids of tokens. */
const checkLengths = (header: Header, path: string): readonly Fault[] => {
  const size = header.tokens.length;
  const twice = repeated(header.tokens);
  const lists = (["token_type", "scores"] as const).filter((key) => (header[key]?.length ?? size) !== size);
  const ids = (["bos_token_id", "eos_token_id", "unknown_token_id"] as const).filter((k) => (header[k] ?? 0) >= size);
  const at = (key: string): string => `${path} at ${PREFIX}${key}`;
  return [
    ...lists.map((key) => fault("gguf", at(key), `one for each of ${size} tokens`, describe(header[key]))),
    ...ids.map((key) => fault("gguf", at(key), `an id below ${size}`, String(header[key]))),
    ...(twice === undefined ? [] : [fault("gguf", at("tokens"), "every token once", `${describe(twice)} twice`)]),
  ];
};

const LONGEST = 1024; // characters of a piece; SentencePiece's own are 16 by default

const jsonOf = (header: Header, path: string): Result<unknown> => {
  const { model, pre, scores, tokens } = header;
  if (model === "gpt2") {
    const splitting = splittings.get(pre ?? "");
    const known = `one of ${list([...splittings.keys()])}`;
    const next = "this way of splitting words is not supported yet: open the model's Hugging Face folder";
    return splitting === undefined
      ? wrong(`${path} at ${PREFIX}pre`, known, describe(pre), next)
      : E.right(bytePairs(header, splitting));
  }
  if (model !== "llama") {
    const next = "open the model's Hugging Face folder";
    return wrong(`${path} at ${PREFIX}model`, '"gpt2" or "llama"', describe(model), next);
  }
  if (scores === undefined) return wrong(`${path} at ${PREFIX}scores`, "one for each token", "none");
  return tokens.some(({ length }) => length > LONGEST)
    ? wrong(`${path} at ${PREFIX}tokens`, `pieces of at most ${LONGEST} characters`, "a longer one")
    : E.right(scored(header, scores));
};

const isIn = (key: string): boolean => key.startsWith(PREFIX);

/**
 * The tokenizer.json that a header stands for.
 * Faults (tags `gguf`, `config`): none in it, lists that do not fit together, a kind or a splitting that is not known.
 */
export const tokenizerJson = (metadata: Metadata, path: string): Result<unknown> =>
  pipe(
    Object.fromEntries([...metadata].filter(([key]) => isIn(key)).map(([key, v]) => [key.slice(PREFIX.length), v])),
    (found) => decode(Header)(found, `${path} at tokenizer.ggml`),
    E.filterOrElse(
      (header) => checkLengths(header, path).length === 0,
      (header) => checkLengths(header, path),
    ),
    E.flatMap((header) => jsonOf(header, path)),
  );
