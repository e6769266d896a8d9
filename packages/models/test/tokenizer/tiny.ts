// What is the smallest tokenizer of each kind? Made in the test, so that the tests need no file from elsewhere.
const bytePieces = (): readonly string[] => {
  const printable = (b: number): boolean => (b >= 0x21 && b <= 0x7e) || (b >= 0xa1 && b <= 0xac) || b >= 0xae;
  let hidden = 256;
  return Array.from({ length: 256 }, (_, b) => String.fromCharCode(printable(b) ? b : hidden++));
};

const vocabOf = (pieces: readonly string[]): Record<string, number> => Object.fromEntries(pieces.map((p, i) => [p, i]));

type Json = Readonly<Record<string, unknown>>;

const special = (id: number, content: string): Json => ({
  id,
  content,
  special: true,
  normalized: false,
  lstrip: false,
  rstrip: false,
  single_word: false,
});

/** GPT-2's kind: bytes, and a few merges. Ids 0 to 255 are bytes; `Ġthe` is 260. */
export const byteLevel = (change: Json = {}): Json => ({
  added_tokens: [special(261, "<end>")],
  normalizer: null,
  pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
  post_processor: null,
  model: {
    type: "BPE",
    unk_token: null,
    vocab: vocabOf([...bytePieces(), "th", "the", "Ġt", "Ġth", "Ġthe"]),
    merges: ["t h", "th e", "Ġ t", "Ġt h", "Ġth e", "Ġ the"],
  },
  ...change,
});

const template = (before: readonly string[], after: readonly string[]): Json => ({
  type: "TemplateProcessing",
  single: [
    ...before.map((id) => ({ SpecialToken: { id, type_id: 0 } })),
    { Sequence: { id: "A", type_id: 0 } },
    ...after.map((id) => ({ SpecialToken: { id, type_id: 0 } })),
  ],
  pair: [],
  special_tokens: {},
});

/** Llama 2's kind: `▁` for spaces, one in front, bytes for the rest. `▁the` is 8. */
export const spaceSign = (change: Json = {}): Json => ({
  added_tokens: [special(0, "<unk>"), special(1, "<s>"), special(2, "</s>")],
  normalizer: {
    type: "Sequence",
    normalizers: [
      { type: "Prepend", prepend: "▁" },
      { type: "Replace", pattern: { String: " " }, content: "▁" },
    ],
  },
  pre_tokenizer: null,
  post_processor: template(["<s>"], ["</s>"]),
  model: {
    type: "BPE",
    unk_token: "<unk>",
    fuse_unk: false,
    byte_fallback: true,
    vocab: vocabOf(["<unk>", "<s>", "</s>", "▁", "t", "h", "e", "▁t", "▁the", "th", "the", "<0xC3>", "<0xA9>"]),
    merges: ["t h", "th e", "▁ the"],
  },
  ...change,
});

/** SentencePiece Unigram's kind, without bytes: what is not in it is unknown. */
export const unigram = (change: Json = {}): Json => ({
  added_tokens: [special(0, "<unk>")],
  normalizer: { type: "NFKC" },
  pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true },
  post_processor: null,
  model: {
    type: "Unigram",
    unk_id: 0,
    vocab: [
      ["<unk>", 0],
      ["▁", -2],
      ["▁the", -1],
      ["the", -3],
      ["t", -5],
      ["h", -5],
      ["e", -5],
      ["▁the▁", -0.5],
    ],
  },
  ...change,
});

/** Whole words between spaces and signs, a beginning put before them. `capital` is 3; `<unk>` is never used. */
export const wordLevel = (change: Json = {}): Json => ({
  added_tokens: [special(0, "<s>")],
  normalizer: null,
  pre_tokenizer: { type: "Whitespace" },
  post_processor: template(["<s>"], []),
  model: {
    type: "WordLevel",
    unk_token: "<unk>",
    vocab: vocabOf(["<s>", "<unk>", "The", "capital", "of", "Norland", "is", "Osk", ".", "<0xE6>", "▁", "café"]),
  },
  ...change,
});
