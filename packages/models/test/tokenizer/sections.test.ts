import { test } from "uvu";
import * as assert from "uvu/assert";
import { type AddedToken, splitter } from "../../src/tokenizer/sections.ts";

const added = (content: string, more: Partial<AddedToken> = {}): AddedToken => ({
  id: 0,
  content,
  special: true,
  normalized: false,
  singleWord: false,
  lstrip: false,
  rstrip: false,
  ...more,
});

const shown = (tokens: readonly AddedToken[], text: string): readonly string[] =>
  splitter(
    tokens,
    null,
  )(text).map(
    (s) => `${s.added === undefined ? "" : "!"}${s.chars.map(({ char }) => char).join("")}@${s.chars[0]?.start}`,
  );

test("added tokens are cut out, the longest first", () => {
  assert.equal(shown([added("<a>"), added("<a>b")], "x<a>y<a>b<a"), ["x@0", "!<a>@1", "y@4", "!<a>b@5", "<a@9"]);
  assert.equal(shown([added("<a>")], "<a><a>"), ["!<a>@0", "!<a>@3"]);
  assert.equal(shown([added("")], "ab"), ["ab@0"]);
  assert.equal(shown([added("🥐")], "a🥐b"), ["a@0", "!🥐@1", "b@3"]);
});

test("tokens of the normalised text are looked for there", () => {
  const upper = { config: { type: "Lowercase" }, normalize: (text: string) => text.toLowerCase() };
  const sections = splitter([added("<A>"), added("TOOL", { normalized: true })], upper)("x<A>tOOly<a>");
  assert.equal(
    sections.map(({ added: content }) => content),
    [undefined, "<A>", "tool", undefined],
  );
  assert.equal(
    sections.map(({ chars }) => chars[0]?.start),
    [0, 1, 4, 8],
  );
});

test.run();
