import { test } from "uvu";
import * as assert from "uvu/assert";
import { windowsOf } from "../../src/families/windows.ts";
import { left, right } from "../either.ts";

const byPattern = (layer: number): boolean => layer === 1;
const found = (layer_types?: readonly ("full_attention" | "sliding_attention")[]) => ({
  num_hidden_layers: 2,
  layer_types,
});

test("by the pattern, unless the types of the layers are given", () => {
  assert.equal(right(windowsOf(found(), 7, byPattern, "c")), [undefined, 7]);
  assert.equal(right(windowsOf(found(["sliding_attention", "full_attention"]), 7, byPattern, "c")), [7, undefined]);
  assert.equal(right(windowsOf(found(["full_attention", "full_attention"]), undefined, byPattern, "c")), [
    undefined,
    undefined,
  ]);
});

test("a type for each layer, and a size for each window", () => {
  assert.match(
    left(windowsOf(found(["full_attention"]), 7, byPattern, "c")),
    "c at layer_types: expected one for each of 2 layers, got a list of 1",
  );
  assert.match(
    left(windowsOf(found(), undefined, byPattern, "c")),
    "c at sliding_window: expected a window for layer 1, which has one, got nothing",
  );
});

test.run();
