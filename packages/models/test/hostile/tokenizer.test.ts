import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeUtf8, parseJson } from "../../src/json.ts";
import { tokenizerOf } from "../../src/tokenizer.ts";
import { left, right } from "../either.ts";
import { fuzz } from "../seed.ts";
import { byteLevel, spaceSign, unigram, wordLevel } from "../tokenizer/tiny.ts";
import { damagedJson, settled, stopwatch } from "./mutate.ts";

const TEXT = "the é 東 <s>";

test("10,000 damaged tokenizers: ids below their number or faults", () => {
  const watch = stopwatch();
  const kinds = [byteLevel, spaceSign, unigram, wordLevel].map((kind) => damagedJson(kind()));
  const property = fc.property(fc.oneof(...kinds), (bytes) =>
    watch.timed(() =>
      settled(
        pipe(
          decodeUtf8(bytes, "t"),
          E.flatMap((text) => parseJson(text, "t")),
          E.flatMap((json) => tokenizerOf(json, "t")),
        ),
        (tokenizer) => {
          for (const splitSpecialTokens of [false, true])
            settled(tokenizer.encode(TEXT, { special: true, splitSpecialTokens }), ({ ids, tokens, text }) => {
              assert.is(ids.length, tokens.length);
              for (const id of ids) assert.ok(Number.isSafeInteger(id) && id >= 0, `${id}`);
              for (const { start, end } of tokens) assert.ok(start >= 0 && start <= end && end <= text.length);
            });
        },
      ),
    ),
  );
  fc.assert(property, fuzz(10_000));
  assert.ok(watch.ended());
});

const ENDLESS = { Regex: "(?:a+)+b" };

const refusedInTime = (change: Record<string, unknown>): void => {
  const tokenizer = right(tokenizerOf(byteLevel(change), "t"));
  const begun = performance.now();
  const encoded = tokenizer.encode("a".repeat(64), { special: true });
  assert.match(left(encoded), /t: expected to (encode the text|find .*) within 4 s, got no end; a pattern in it may/);
  assert.ok(performance.now() - begun < 15_000);
  assert.ok(right(tokenizer.encode("the b", { special: true })).ids.length > 0, "and goes on to be of use");
};

test("a pattern that backtracks without end is stopped, as one that cuts words and as one that replaces", () => {
  const cut = { type: "Split", pattern: ENDLESS, behavior: "Isolated", invert: false };
  const bytes = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false };
  refusedInTime({ pre_tokenizer: { type: "Sequence", pretokenizers: [cut, bytes] } });
  refusedInTime({ normalizer: { type: "Replace", pattern: ENDLESS, content: "x" } });
});

test.run();
