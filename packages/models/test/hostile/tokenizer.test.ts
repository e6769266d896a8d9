import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeUtf8, parseJson } from "../../src/json.ts";
import { tokenizerOf } from "../../src/tokenizer.ts";
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
        (tokenizer) =>
          settled(tokenizer.encode(TEXT, { special: true }), ({ ids, tokens, text }) => {
            assert.is(ids.length, tokens.length);
            for (const id of ids) assert.ok(Number.isSafeInteger(id) && id >= 0, `${id}`);
            for (const { start, end } of tokens) assert.ok(start >= 0 && start <= end && end <= text.length);
          }),
      ),
    ),
  );
  fc.assert(property, fuzz(10_000));
  assert.ok(watch.isQuick());
});

test.run();
