import { test } from "uvu";
import * as assert from "uvu/assert";
import { decodePhi3Config, type Phi3Config } from "../../src/families/phi3.ts";
import { turnedWidth } from "../../src/rotary.ts";
import { left, right } from "../either.ts";
import { PHI3 } from "./hub.ts";

test("Phi-4-mini as the hub has it: longrope in three quarters of each head", () => {
  const { rope, headWidth, window }: Phi3Config = right(decodePhi3Config(PHI3));
  assert.equal([rope.kind, turnedWidth(rope, headWidth), window], ["longrope", 96, 262_144]);
  assert.is("magnitude" in rope && rope.magnitude, Math.sqrt(1 + Math.log(32) / Math.log(4096)));
});

test("what is not supported is named", () => {
  const refused = (change: object, words: string): void =>
    assert.match(left(decodePhi3Config({ ...PHI3, ...change })), words);
  refused(
    { rope_scaling: { type: "yarn", factor: 2, original_max_position_embeddings: 4096 } },
    'rope_scaling: expected "default" or "longrope" for this family, as other kinds are not supported yet, got "yarn"',
  );
  refused({ partial_rotary_factor: 0.5 }, "short_factor: expected a factor for each of 32 pairs, got a list of 48");
  refused({ partial_rotary_factor: 1.5 }, "partial_rotary_factor: expected 1 or less, got 1.5");
});

test.run();
