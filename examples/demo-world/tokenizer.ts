// The vocabulary as the files that a checkpoint folder has: one token a word, a beginning put before every text. A word
// that is not in it has no token at all, here as in Hugging Face's tokenizers: the world is closed.
import { BEGINNING, type Vocabulary } from "./vocabulary.ts";

const beginning = { id: 0, content: BEGINNING, single_word: false, lstrip: false, rstrip: false };

/** Text, or text and another one, after a beginning. */
const template = {
  type: "TemplateProcessing",
  single: [{ SpecialToken: { id: BEGINNING, type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
  pair: [
    { SpecialToken: { id: BEGINNING, type_id: 0 } },
    { Sequence: { id: "A", type_id: 0 } },
    { Sequence: { id: "B", type_id: 1 } },
  ],
  special_tokens: { [BEGINNING]: { id: BEGINNING, ids: [beginning.id], tokens: [BEGINNING] } },
};

/** Contents of the files by their names. The format asks for the name of an unknown token; no word has it. */
export const tokenizerFiles = ({ ids }: Vocabulary) => ({
  "tokenizer.json": {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [{ ...beginning, normalized: false, special: true }],
    normalizer: null,
    pre_tokenizer: { type: "Whitespace" },
    post_processor: template,
    decoder: null,
    model: { type: "WordLevel", vocab: Object.fromEntries(ids), unk_token: "<unk>" },
  },
  "tokenizer_config.json": {
    tokenizer_class: "PreTrainedTokenizerFast",
    bos_token: BEGINNING,
    clean_up_tokenization_spaces: false,
  },
});
