import { readFileSync } from "node:fs";
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { loadTokenizer } from "../../src/tokenizer.ts";
import { right } from "../either.ts";
import { fuzz } from "../seed.ts";
import { goldenTest, shared } from "../shared.ts";
import { folderOf, styles } from "./styles.ts";
import { checkRanges, TEXTS } from "./texts.ts";

type Golden = {
  readonly text: string;
  readonly ids: readonly number[];
  readonly idsNoSpecial: readonly number[];
  readonly offsets: readonly (readonly [number, number])[];
};

/** The goldens count code points, as Python does. */
const toUnits = ({ text, offsets }: Golden): readonly (readonly [number, number])[] => {
  const units = [0];
  for (const char of text) units.push((units.at(-1) ?? 0) + char.length);
  return offsets.map(([start, end]) => [units[start] ?? Number.NaN, units[end] ?? Number.NaN]);
};

for (const style of styles)
  goldenTest(`${style}: every id and every range is the reference's`, async () => {
    const tokenizer = right(await loadTokenizer(folderOf(style))());
    const cases: readonly Golden[] = JSON.parse(
      readFileSync(shared("goldens", "tokenizers", style, "expected.json"), "utf8"),
    );
    assert.is(cases.length, 22);
    for (const golden of cases) {
      const { tokens, ids } = right(tokenizer.encode(golden.text, { special: true }));
      assert.equal(ids, golden.ids, golden.text);
      assert.equal(right(tokenizer.encode(golden.text, { special: false })).ids, golden.idsNoSpecial, golden.text);
      assert.equal(
        tokens.map((t) => [t.start, t.end]),
        toUnits(golden),
        golden.text,
      );
    }
  });

goldenTest("any text has ranges in order, with the goldens' tokenizers", async () => {
  const small = styles.filter((style) => style !== "smollm2");
  const tokenizers = await Promise.all(small.map(async (style) => right(await loadTokenizer(folderOf(style))())));
  const property = fc.property(TEXTS, fc.constantFrom(...tokenizers), (text, tokenizer) =>
    checkRanges(tokenizer, text),
  );
  fc.assert(property, fuzz(1000));
});

goldenTest("SmolLM2's prompts are the ids that the published code was run on", async () => {
  const tokenizer = right(await loadTokenizer(folderOf("smollm2"))());
  const index = JSON.parse(readFileSync(shared("goldens", "smollm2", "index.json"), "utf8"));
  const prompts: readonly { text: string; ids: readonly number[]; tokens: readonly string[]; target: number }[] =
    Object.values(index);
  for (const { text, ids, target } of prompts) {
    assert.equal(right(tokenizer.encode(text, { special: true })).ids, ids);
    assert.is(right(tokenizer.idOf(right(tokenizer.tokenText(target)))), target);
  }
  const { tokens } = right(tokenizer.encode(index.paris.text, { special: true }));
  assert.equal(
    tokens.map((t) => t.text),
    index.paris.tokens,
  );
});

test.run();
