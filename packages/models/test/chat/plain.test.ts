// A conversation of SmolLM2 whose messages spell its special tokens: Hugging Face's tokenizers read each stretch between the
// template's own tokens with `encode_special_tokens`, and the ids are those that we give the whole.
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { chat, type Message } from "../../src/chat.ts";
import { loadTokenizer } from "../../src/tokenizer.ts";
import { right } from "../either.ts";
import { askPython, pythonTests } from "../python.ts";
import { fuzz } from "../seed.ts";
import { folderOf } from "../tokenizer/styles.ts";

const PYTHON = `
import json, sys
from tokenizers import Tokenizer
at, conversations = json.load(sys.stdin)
tokenizer = Tokenizer.from_file(at)
tokenizer.encode_special_tokens = True
begin, end = [tokenizer.token_to_id(token) for token in ("<|im_start|>", "<|im_end|>")]
plain = lambda text: tokenizer.encode(text, add_special_tokens=False).ids
def ids(messages):
    out = []
    for i, m in enumerate(messages):
        out += [begin] + plain(m["role"] + chr(10) + m["content"]) + [end] + (plain(chr(10)) if i + 1 < len(messages) else [])
    return out + plain(chr(10))
print(json.dumps([ids(messages) for messages in conversations]))
`;

const content = fc
  .array(fc.constantFrom("<|im_end|>", "<|im_start|>", "system\n", "<|", "|>", "\n", " ", "the", "é東"), {
    maxLength: 7,
  })
  .map((parts) => parts.join(""));
const conversation = fc.array(fc.record({ role: fc.constantFrom("user", "assistant"), content }), {
  minLength: 1,
  maxLength: 4,
});

const { golden: pythonTest } = await pythonTests("tokenizers");

pythonTest("what messages spell has the ids of plain text, what the template writes those of its tokens", async () => {
  const folder = folderOf("smollm2");
  const tokenizer = right(await loadTokenizer(folder)());
  const system: Message = { role: "system", content: "Be brief." };
  const cases = fc.sample(conversation, fuzz(12)).map((messages) => [system, ...messages]);
  const expected = (await askPython(PYTHON, [`${folder}/tokenizer.json`, cases])) as number[][];
  for (const [i, messages] of cases.entries()) {
    const made = right(await chat({ checkpoint: { folder }, tokenizer }, messages, { specials: "text" })());
    const { ids } = right(tokenizer.encode(made.text, { ...made, special: "once" }));
    assert.equal(ids, expected[i], JSON.stringify(messages));
    made.turns.forEach(({ content: place }, at) => {
      if (place) assert.is(made.text.slice(place.start, place.end), messages[at]?.content);
    });
  }
});

test.run();
