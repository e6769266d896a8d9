import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkIndexes, indexBounds } from "../src/indexes.ts";
import { embedding } from "../src/nn.ts";
import { check } from "../src/shape.ts";
import { add, gather, input, reshape, scatterAdd, weight } from "../src/syntax.ts";
import { f32, i32, type Tensor, tensor } from "../src/tensor.ts";
import { right } from "./either.ts";

const test = suite("indexes");

const ids = input("ids", ["T"], "i32");
const x = input("x", ["T", 2]);
const graph = { y: embedding(weight("table", [7, 2]), ids), z: gather(-2, reshape(1, ["T"])(ids))(x) };
const bounds = indexBounds(graph, right(check(graph)));
const wrong = (t: Tensor): readonly string[] =>
  checkIndexes(bounds, { ids: t }, { T: 5 }).map((f) => `${f.where}: ${f.expected}, ${f.got}`);

test("ids stay below everything they index", () => {
  assert.equal(wrong(i32([2], [0, 4])), []);
  assert.equal(wrong(i32([2], [4, 6])), ["input ids[1]: a whole number below T = 5, 6"]);
  assert.is(wrong(i32([1], [7])).length, 2);
  assert.match(wrong(i32([2], [0, -1]))[0] ?? "", "input ids[1]");
  assert.is(wrong(f32([1], [0.5])).length, 2);
  assert.is(wrong(f32([1], [Number.NaN])).length, 2);
});

test("ids are read as what they stand for", () => {
  assert.equal(wrong(tensor("bf16", [1], Uint16Array.of(0x4040))), []);
  assert.is(wrong(tensor("bf16", [1], Uint16Array.of(0x4140))).length, 2);
});

test("what is scattered stays within the table it is added to", () => {
  const scattered = { y: scatterAdd(-2, 7, ids)(x) };
  assert.equal(indexBounds(scattered, right(check(scattered))), [{ input: "ids", below: 7 }]);
});

test("computed indexes are not bound here", () => {
  const computed = { y: gather(-2, add(ids, 1))(x) };
  assert.equal(indexBounds(computed, right(check(computed))), []);
});

test.run();
