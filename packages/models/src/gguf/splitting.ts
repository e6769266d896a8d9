// How are texts cut into words before bytes are merged? GGUF files name the way (`tokenizer.ggml.pre`) and do not spell it
// out: here is what each name stands for in the tokenizer.json of the models that it was given to.
// Source of names: llama.cpp, convert_hf_to_gguf_update.py; of the patterns: the tokenizer.json of those models.

export type Splitting = {
  readonly normalizer: object | null;
  readonly words: object;
  /** A word that is a piece stays whole, whatever its merges. */
  readonly ignoreMerges: boolean;
  /** Whether a text begins with BOS where the file does not say. */
  readonly addsBos: boolean;
};

const bytes = (useRegex: boolean): object => ({
  type: "ByteLevel",
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: useRegex,
});

const sequence = (...pretokenizers: readonly object[]): object => ({ type: "Sequence", pretokenizers });

const cut = (pattern: string): object => ({
  type: "Split",
  pattern: { Regex: pattern },
  behavior: "Isolated",
  invert: false,
});

/** Contractions, words with at most one sign before them, numbers of some digits, signs, line ends, other spaces. */
const modern = (digits: string): string =>
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" +
  `${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;

const plain = { normalizer: null, ignoreMerges: false, addsBos: false };

const llama3: Splitting = {
  ...plain,
  words: sequence(cut(modern("\\p{N}{1,3}")), bytes(false)),
  ignoreMerges: true,
  addsBos: true,
};

const byDigits: Splitting = {
  ...plain,
  words: sequence({ type: "Digits", individual_digits: true }, bytes(true)),
};

/** By `tokenizer.ggml.pre`. */
export const splittings: ReadonlyMap<string, Splitting> = new Map([
  ["gpt-2", { ...plain, words: bytes(true) }],
  ["smollm", byDigits],
  ["starcoder", byDigits],
  ["refact", byDigits], // Granite's too
  ["olmo", { ...plain, normalizer: { type: "NFC" }, words: bytes(true) }], // GPT-NeoX's and Pythia's too
  ["llama-bpe", llama3],
  ["llama3", llama3],
  ["qwen2", { ...plain, normalizer: { type: "NFC" }, words: sequence(cut(modern("\\p{N}")), bytes(false)) }],
]);
