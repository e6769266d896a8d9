import { test } from "uvu";
import * as assert from "uvu/assert";
import { clip, describe, isRecord, list } from "../src/describe.ts";

test("scalars as they are, the rest by kind, and all of it short", () => {
  assert.equal([undefined, null, 1.5, true, 'a"b', [1, 2], {}].map(describe), [
    "nothing",
    "null",
    "1.5",
    "true",
    '"a\\"b"',
    "a list of 2",
    "an object",
  ]);
  assert.is(clip("x".repeat(1000)).length, 61);
  assert.ok(describe("\n".repeat(1000)).length < 200);
});

test("lists say how many they leave out", () => {
  assert.is(list(["a", "b"]), "a, b");
  assert.is(list(["a", "b", "c"], 2), "a, b and 1 more");
});

test("a list and null are no record", () => {
  assert.equal([{}, [], null, 1].map(isRecord), [true, false, false, false]);
});

test.run();
