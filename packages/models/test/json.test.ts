import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodeUtf8, parseJson } from "../src/json.ts";
import { left, right } from "./either.ts";
import { fuzz } from "./seed.ts";

test("JSON reads as JSON.parse reads it", () => {
  const property = fc.property(fc.json(), (text) => assert.equal(right(parseJson(text, "x")), JSON.parse(text)));
  fc.assert(property, fuzz(300));
});

test("a key twice in one object is a fault, in whatever spelling", () => {
  assert.match(
    left(parseJson('{"a":1,"b":{"a":2},"a":3}', "x.json")),
    "x.json: expected every key once, got repeated a",
  );
  assert.match(left(parseJson('{"a":1,"\\u0061" : 3}', "x")), "repeated a");
  assert.match(left(parseJson('[{"__proto__":1,"__proto__":2}]', "x")), "repeated __proto__");
});

test("equal keys of different objects and equal values are no fault", () => {
  right(parseJson('{"a":{"a":"a"},"b":["a","a",{"a":1},{"a":1}],"c\\\\":1,"c\\"":"}{"}', "x"));
});

test("nesting is bounded before anything is built", () => {
  right(parseJson("[".repeat(64) + "]".repeat(64), "x"));
  assert.match(left(parseJson("[".repeat(10_000_000), "x")), "at most 64 levels deep");
});

test("what is not JSON is a fault, never a throw", () => {
  for (const text of ["", "{", '{"a', '{"a\\', "nope", "{}{}", "\ufeff{}", '"\\']) left(parseJson(text, "x"));
  const property = fc.property(fc.string(), (text) => {
    assert.is(E.isRight(parseJson(text, "x")), E.isRight(E.tryCatch(() => JSON.parse(text), String)));
  });
  fc.assert(property, fuzz(300));
});

test("bytes that are not UTF-8 are a fault", () => {
  assert.is(right(decodeUtf8(new TextEncoder().encode("é"), "x")), "é");
  assert.match(left(decodeUtf8(Uint8Array.of(0xc3), "x")), "expected UTF-8 text");
});

test.run();
