import * as t from "io-ts";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as config from "../src/config.ts";
import { left, right } from "./either.ts";

const one =
  <A>(codec: t.Type<A, unknown, unknown>) =>
  (value: unknown): A =>
    right(config.decode(t.type({ key: codec }))({ key: value }, "config.json")).key;

const fault = (codec: t.Mixed, value: unknown): string =>
  left(config.decode(t.type({ key: codec }))({ key: value }, "config.json"));

test("a fault reads like a sentence", () => {
  const expected = 'config.json at key: expected a positive integer, got "x"';
  assert.is(fault(config.positiveInteger, "x"), expected);
  assert.is(left(config.decode(config.flag)(7, "config.json")), "config.json: expected true or false, got 7");
  assert.is(
    left(config.decode(t.type({ a: t.type({ b: config.flag }) }))({ a: {} }, "c")),
    "c at a.b: expected true or false, got nothing",
  );
});

test("all faults at once", () => {
  const codec = t.type({ a: config.positiveInteger, b: config.finiteNumber });
  assert.is(left(config.decode(codec)({ a: 0, b: "1" }, "c")).split("\n").length, 2);
});

test("numbers are exact about what they are", () => {
  for (const bad of [0, -1, 1.5, 2 ** 31, 2 ** 60, Number.NaN, "1", true, null, [], {}])
    fault(config.positiveInteger, bad);
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, "1", null]) fault(config.finiteNumber, bad);
  for (const bad of [0, -1e-6, Number.POSITIVE_INFINITY]) fault(config.positiveNumber, bad);
  fault(config.layerCount, 10_001);
  fault(config.flag, 0);
  assert.is(one(config.positiveInteger)(2 ** 31 - 1), 2 ** 31 - 1);
  assert.is(one(config.finiteNumber)(-1e-6), -1e-6);
});

test("absent and null mean the default, anything else must fit", () => {
  const codec = config.orElse(config.positiveInteger, 7);
  assert.equal([one(codec)(undefined), one(codec)(null), one(codec)(3)], [7, 7, 3]);
  assert.is(right(config.decode(t.type({ key: codec }))({}, "c")).key, 7);
  assert.match(fault(codec, false), "expected a positive integer, got false");
});

test("one of a few values, named in the fault", () => {
  assert.is(one(config.oneOf("silu", "gelu"))("gelu"), "gelu");
  assert.match(fault(config.oneOf("silu", 1), "relu"), 'expected "silu" or 1, got "relu"');
});

test("token ids are a list, however they are written", () => {
  assert.equal([undefined, null, 2, [2, 3]].map(one(config.tokenIds)), [[], [], [2], [2, 3]]);
  for (const bad of [-1, "2", [2, null], 1.5]) fault(config.tokenIds, bad);
});

test.run();
