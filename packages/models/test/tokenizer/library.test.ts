import { test } from "uvu";
import * as assert from "uvu/assert";
import { around, attempt, build } from "../../src/tokenizer/library.ts";
import { left, right } from "../either.ts";
import { spaceSign } from "./tiny.ts";

test("what the library throws is a fault", () => {
  assert.match(left(build({}, "t")), "t: expected a tokenizer that the library can build");
  assert.match(
    left(
      attempt("t", "calm", () => {
        throw new Error("storm");
      }),
    ),
    "t: expected calm, got storm",
  );
});

test("what the library does not end is a fault", () => {
  const endless = () => /^(a+)+$/.test(`${"a".repeat(99)}b`);
  assert.match(left(attempt("t", "a match", endless, 0.2)), "t: expected a match within 0.2 s, got no end; a pattern");
});

test("ids around a text", () => {
  const library = right(build(spaceSign({ decoder: null }), "t"));
  assert.equal(right(around(library, "t")), { before: [1], after: [2] });
});

test.run();
