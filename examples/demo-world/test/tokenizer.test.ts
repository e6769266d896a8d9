import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { orThrow, showFaults } from "@depass/graph";
import { loadTokenizer, tokenizerOf } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { splitOf } from "../held-out.ts";
import { trainingSentences } from "../sentences.ts";
import { tokenizerFiles } from "../tokenizer.ts";
import { idsOf, vocabularyOf } from "../vocabulary.ts";
import { worldOf } from "../world.ts";

const world = worldOf(1);
const vocabulary = vocabularyOf(world);
const files = tokenizerFiles(vocabulary);
const tokenizer = orThrow(tokenizerOf(files["tokenizer.json"], "tokenizer.json"));

const next = trainingSentences(world, splitOf(world), 9);
const prompts = Array.from({ length: 400 }, () => next().prompt);

test("every word is one token", () => {
  assert.is(tokenizer.size, vocabulary.words.length);
  for (const [id, word] of vocabulary.words.entries()) assert.is(orThrow(tokenizer.idOf(word)), id, word);
});

test("a prompt's ids are those of its words, and each token has the characters of one word", () => {
  for (const { text, words, answer } of prompts) {
    const { ids, tokens } = orThrow(tokenizer.encode(text, { special: true }));
    assert.equal(ids, idsOf(vocabulary, words));
    assert.equal(
      tokens.slice(1).map(({ start, end }) => text.slice(start, end)),
      words,
    );
    assert.is(orThrow(tokenizer.tokenText(orThrow(tokenizer.idOf(answer)))), answer);
  }
});

test("a word of another world is refused, with those that are near", () => {
  const refused = tokenizer.encode("When Mary and Jon went to the market , Mary gave the flute to", { special: true });
  assert.ok(E.isLeft(refused));
  assert.match(
    showFaults(refused.left),
    'at characters 14 to 17: expected a word of the vocabulary, got "Jon"; near it:',
  );
  assert.match(showFaults(refused.left), '"John"');
});

/** Runs `use` on a folder with the two files in it. */
const inFolder = async (use: (folder: string) => unknown): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "demo-world-"));
  try {
    for (const [name, json] of Object.entries(files)) writeFileSync(join(folder, name), JSON.stringify(json));
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

test("the files are those of a checkpoint folder", () =>
  inFolder(async (folder) => {
    const { text, words } = prompts[0]!;
    const loaded = await loadTokenizer(folder)().then(orThrow);
    assert.equal(orThrow(loaded.encode(text, { special: true })).ids, idsOf(vocabulary, words));
  }));

const SAME = "Hugging Face's tokenizers read the file alike";
const program = `
import json, sys
from tokenizers import Tokenizer
tokenizer = Tokenizer.from_file(sys.argv[1])
read = [tokenizer.encode(text) for text in json.load(sys.stdin)]
print(json.dumps([[one.ids, one.offsets] for one in read]))`;

test(SAME, () =>
  inFolder((folder) => {
    const python = (code: string, input = "") =>
      spawnSync("python3", ["-c", code, join(folder, "tokenizer.json")], { input, encoding: "utf8" });
    if (python("import tokenizers").status !== 0) return console.log(`skipped: ${SAME}: no Python with tokenizers`);
    const texts = prompts.map(({ text }) => text);
    const { stdout, stderr } = python(program, JSON.stringify(texts));
    assert.is(stderr, "");
    const ours = texts.map((text) => {
      const { ids, tokens } = orThrow(tokenizer.encode(text, { special: true }));
      return [ids, tokens.map(({ start, end }) => [start, end])];
    });
    assert.equal(JSON.parse(stdout), ours);
  }),
);

test.run();
