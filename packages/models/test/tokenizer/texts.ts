// Which texts are odd, and what holds of the ranges of any?
import fc from "fast-check";
import * as assert from "uvu/assert";
import type { SplitSpecialTokens, Tokenizer } from "../../src/tokenizer.ts";
import { right } from "../either.ts";

export const TEXTS = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary" }),
  fc.stringMatching(/^[the <>s/▁é]*$/),
  fc.string({ unit: fc.constantFrom("the", " ", "e\u0301", "🥐", "<s>", "\ud800", "\ufeff", "ﬁ", "각") }),
);

/** Ranges are of the text, in order, and never inside a surrogate pair. */
export const checkRanges = (
  tokenizer: Tokenizer,
  text: string,
  splitSpecialTokens: SplitSpecialTokens = false,
): void => {
  const encoding = right(tokenizer.encode(text, { special: true, splitSpecialTokens }));
  const plain = right(tokenizer.encode(text, { special: false, splitSpecialTokens }));
  assert.equal(
    encoding.ids,
    encoding.tokens.map(({ id }) => id),
  );
  assert.equal(
    encoding.tokens.filter(({ origin }) => origin === "text"),
    plain.tokens,
  );
  let last = 0;
  for (const { start, end } of plain.tokens) {
    assert.ok(0 <= start && start <= end && end <= text.length && start >= last, `${start} ${end} of ${text.length}`);
    const inside = (at: number) => /[\ud800-\udbff]/.test(text[at - 1] ?? "") && /[\udc00-\udfff]/.test(text[at] ?? "");
    assert.not(inside(start) || inside(end));
    last = start;
  }
};
