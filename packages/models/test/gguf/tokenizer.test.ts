import { readFileSync } from "node:fs";
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openGgufCheckpoint } from "../../src/gguf/checkpoint.ts";
import { tokenizerJson } from "../../src/gguf/tokenizer.ts";
import { type Tokenizer, tokenizerOf } from "../../src/tokenizer.ts";
import { left, right } from "../either.ts";
import { fuzz } from "../seed.ts";
import { goldenTest, shared } from "../shared.ts";

type Keys = Readonly<Record<string, unknown>>;

const jsonOf = (keys: Keys) =>
  tokenizerJson(new Map(Object.entries(keys).map(([key, value]) => [`tokenizer.ggml.${key}`, value])), "m.gguf");

const make = (keys: Keys): Tokenizer => right(tokenizerOf(right(jsonOf(keys)), "m.gguf"));

const scored = {
  model: "llama",
  tokens: ["<unk>", "<s>", "</s>", "▁", "t", "h", "e", "▁t", "he", "▁the", "th", "<0x41>"],
  scores: [0, 0, 0, -9, -10, -11, -12, -1, -2, -3, -4, 0],
  token_type: [2, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 6],
  bos_token_id: 1,
  eos_token_id: 2,
  unknown_token_id: 0,
};

test("pieces with scores: the best merge first, BOS unless the file says no", () => {
  assert.equal(right(make(scored).encode("the", { special: true })).ids, [1, 9]);
  assert.equal(right(make({ ...scored, add_bos_token: false }).encode("the", { special: true })).ids, [9]);
  assert.equal(right(make({ ...scored, add_eos_token: true }).encode("the", { special: true })).ids, [1, 9, 2]);
  assert.equal(right(make({ ...scored, add_space_prefix: false }).encode("the", { special: false })).ids, [4, 8]);
  assert.equal(right(make(scored).encode("A", { special: false })).ids, [3, 11]);
});

const paired = {
  model: "gpt2",
  pre: "smollm",
  tokens: ["a", "b", "ab", "1", "<end>"],
  merges: ["a b"],
  token_type: [1, 1, 1, 1, 3],
  eos_token_id: 4,
};

test("names for one way of splitting mean the same, and digits are single in it", () => {
  for (const pre of ["starcoder", "refact"])
    assert.equal(right(jsonOf({ ...paired, pre })), right(jsonOf({ ...paired, pre: "smollm" })));
  // A letter with its accent apart is one where texts are normalized first.
  const composed = {
    ...paired,
    pre: "olmo",
    tokens: ["Ã", "©", "Ã©"],
    merges: ["Ã ©"],
    token_type: [1, 1, 1],
    eos_token_id: 2,
  };
  assert.equal(right(make(composed).encode("e\u0301", { special: false })).ids, [2]);
});

test("pieces with merges: split as the file names it, special tokens whole", () => {
  assert.equal(right(make(paired).encode("ab11<end>", { special: true })).ids, [2, 3, 3, 4]);
});

test("a header that does not fit together, or of a kind that is not known", () => {
  const refused = (keys: Keys, message: RegExp) => assert.match(left(jsonOf(keys)), message);
  refused({ ...paired, pre: "bloom" }, /tokenizer\.ggml\.pre: expected one of gpt-2, .*got "bloom"/);
  refused({ ...paired, pre: undefined }, /pre: .*got nothing/);
  refused({ ...paired, model: "bert" }, /model: expected "gpt2" or "llama", got "bert"/);
  refused({ ...paired, tokens: undefined }, /tokens: expected .*got nothing/);
  refused({ ...paired, tokens: ["a", "a", "b", "c", "d"] }, /every token once, got "a" twice/);
  refused({ ...paired, token_type: [1] }, /token_type: expected one for each of 5 tokens, got a list of 1/);
  refused({ ...paired, eos_token_id: 5 }, /eos_token_id: expected an id below 5, got 5/);
  refused({ ...scored, scores: undefined }, /scores: expected one for each token, got none/);
  refused({ ...scored, tokens: scored.tokens.with(5, "x".repeat(2000)) }, /pieces of at most 1024/);
});

type Golden = { readonly text: string; readonly ids: readonly number[]; readonly idsNoSpecial: readonly number[] };

const goldensOf = (style: string): readonly Golden[] =>
  JSON.parse(readFileSync(shared("goldens", "tokenizers", style, "expected.json"), "utf8"));

const agrees = (tokenizer: Tokenizer, goldens: readonly Golden[]): void => {
  for (const { text, ids, idsNoSpecial } of goldens) {
    assert.equal(right(tokenizer.encode(text, { special: true })).ids, ids, text);
    assert.equal(right(tokenizer.encode(text, { special: false })).ids, idsNoSpecial, text);
  }
};

goldenTest("the real file's tokenizer gives the reference's ids", async () => {
  const file = right(await openGgufCheckpoint(shared("models", "SmolLM2-135M-Instruct.Q4_1.gguf"))());
  agrees(right(tokenizerOf(right(file.tokenizer), "m.gguf")), goldensOf("smollm2"));
  assert.match(file.chat?.template ?? "", /for message in messages/);
  assert.is(file.chat?.tokens.bos_token, "<|im_start|>");
  assert.is(file.chat?.tokens.eos_token, "<|im_end|>");
  await file.close();
});

/** The header that a published tokenizer would have in a GGUF file. */
const keysOf = (style: string, more: Keys): Keys => {
  const json = JSON.parse(readFileSync(shared("goldens", "tokenizers", style, "tokenizer.json"), "utf8"));
  const entries = Object.entries<number>(json.model.vocab).sort(([, a], [, b]) => a - b);
  const tokens = entries.map(([token]) => token);
  const added: readonly { id: number; content: string }[] = json.added_tokens;
  for (const { id, content } of added) tokens[id] = content;
  const merges = json.model.merges.map((merge: string | string[]) => (Array.isArray(merge) ? merge.join(" ") : merge));
  const special = new Set(added.map(({ id }) => id));
  const token_type = tokens.map((token, id) => (special.has(id) ? 3 : /^<0x..>$/.test(token) ? 6 : 1));
  return { tokens, token_type, merges, ...more };
};

for (const [style, more] of [
  ["gpt2-style", { model: "gpt2", pre: "gpt-2" }],
  ["llama3-style", { model: "gpt2", pre: "llama-bpe", bos_token_id: 0 }],
  ["qwen2-style", { model: "gpt2", pre: "qwen2" }],
] as const) {
  goldenTest(`${style} as the header of a GGUF file: every id is the reference's`, () => {
    agrees(make(keysOf(style, more)), goldensOf(style));
  });
}

goldenTest("llama2-style with scores in place of merges: every id is the reference's", () => {
  const keys = keysOf("llama2-style", { model: "llama", bos_token_id: 1, unknown_token_id: 0 });
  const scores = (keys.tokens as readonly string[]).map((_, id) => -id);
  agrees(make({ ...keys, merges: undefined, scores }), goldensOf("llama2-style"));
});

test("any header gives a tokenizer or faults", () => {
  const put = fc.tuple(fc.constantFrom(...Object.keys(scored), "pre", "merges", "add_bos_token"), fc.jsonValue());
  const property = fc.property(fc.constantFrom(scored, paired), put, (keys, [key, value]) => {
    const json = jsonOf({ ...keys, [key]: value });
    if (json._tag === "Right") tokenizerOf(json.right, "m.gguf");
    else assert.ok(left(json).length > 0);
  });
  fc.assert(property, fuzz(1000));
});

test.run();
