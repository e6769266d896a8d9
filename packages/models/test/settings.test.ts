import { test } from "uvu";
import * as assert from "uvu/assert";
import { positiveInteger } from "../src/config.ts";
import { decodeSettings } from "../src/settings.ts";
import { left, right } from "./either.ts";

const SETTINGS = {
  family: "demo",
  understood: { size: positiveInteger },
  neutral: { twist: [1, false], empty: [{}] },
  harmless: ["colour"],
};

const decode = (json: unknown) => decodeSettings(SETTINGS)(json, "config.json");

test("understood keys come out, harmless ones are left alone", () => {
  assert.is(right(decode({ size: 3, colour: { any: "thing" }, attention_dropout: 0.5, use_cache: true })).size, 3);
});

test("a key of known effect is supported only where it has none", () => {
  for (const twist of [1, false, null]) right(decode({ size: 3, twist }));
  right(decode({ size: 3, empty: {}, quantization_config: null, partial_rotary_factor: 1 }));
  assert.match(
    left(decode({ size: 3, twist: 0.5 })),
    "config.json at twist: expected 1 or false, got 0.5; this is not supported yet",
  );
  assert.match(
    left(decode({ size: 3, quantization_config: { bits: 4 } })),
    "quantization_config: expected this setting absent, got an object",
  );
  assert.match(left(decode({ size: 3, partial_rotary_factor: 0.5 })), "partial_rotary_factor: expected 1, got 0.5");
});

test("an unknown key is never ignored, unless it is not set", () => {
  right(decode({ size: 3, new_thing: null }));
  for (const value of [false, 0, "", true, {}, []]) {
    assert.match(
      left(decode({ size: 3, new_thing: value })),
      "at new_thing: expected settings known of demo, got an unknown setting",
    );
  }
  assert.match(left(decode(JSON.parse('{"size":3,"__proto__":1}'))), "at __proto__");
  assert.match(left(decode({ size: 3, constructor: 1, toString: 2 })), "at toString");
});

test("all faults at once, up to a screenful", () => {
  assert.is(left(decode({ size: 0, twist: 2, odd: 1 })).split("\n").length, 3);
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`key${i}`, i]));
  assert.is(left(decode({ size: 1, ...many })).split("\n").length, 20);
});

test("what is no object is a fault", () => {
  for (const json of [null, 1, "x", [], undefined]) assert.match(left(decode(json)), "expected an object of settings");
});

test.run();
