import { suite } from "uvu";
import * as assert from "uvu/assert";
import { plus } from "../src/dim.ts";
import { bindSizes } from "../src/sizes.ts";
import { add, input } from "../src/syntax.ts";
import { f32, i32, tensor } from "../src/tensor.ts";
import { left, right } from "./either.ts";

const test = suite("sizes");

const graph = { x: input("x", ["T", 2]), y: input("y", [plus("T", 1)]), ids: input("ids", ["T"], "i32") };
const fits = { x: f32([3, 2], new Array(6).fill(0)), y: f32([4], new Array(4).fill(0)), ids: i32([3], [0, 1, 2]) };

test("symbols come from the shapes, and from what is given", () => {
  assert.equal(right(bindSizes(graph, fits)), { T: 3 });
  assert.equal(right(bindSizes(graph, fits, { T: 3, M: 4 })), { T: 3, M: 4 });
});

test("every tensor that does not fit is told", () => {
  const { x } = fits;
  assert.equal(left(bindSizes(graph, { x, y: f32([3], [1, 2, 3]) })).split("\n"), [
    "input y: expected [T+1] with T = 3, got [3]",
    "input ids: expected a tensor [T], got none; give one under this name",
  ]);
  assert.match(left(bindSizes(graph, fits, { T: 4 })), "input x: expected [T, 2] with T = 4, got [3, 2]");
  assert.match(left(bindSizes(graph, { ...fits, x: f32([3, 2], [1]) })), "expected 6 values, got 1");
  assert.match(left(bindSizes({ z: input("z", [plus("T", 1)]) }, { z: f32([2], [1, 2]) })), "expected [T+1], got [2]");
});

test("ids are whole numbers, whatever they are stored as", () => {
  assert.equal(right(bindSizes(graph, { ...fits, ids: f32([3], [0, 1, 2]) })), { T: 3 });
  assert.match(
    left(bindSizes(graph, { ...fits, ids: f32([3], [0, 1.5, 2]) })),
    "input ids: expected whole numbers, got 1.5",
  );
  assert.match(left(bindSizes(graph, { ...fits, ids: tensor("bf16", [3], Uint16Array.of(0, 0x3f00, 0)) })), "got 0.5");
});

test("a prompt of no tokens is none", () => {
  const none = { x: f32([0, 2], []) };
  assert.match(left(bindSizes({ x: graph.x }, none)), "size T: expected a whole number of at least 1, got 0");
  assert.match(left(bindSizes({ x: graph.x }, { x: fits.x }, { M: 0.5 })), "size M");
});

test("names of Object.prototype are names like others", () => {
  const odd = { y: add(input("constructor", ["T"]), input("__proto__", ["T"])) };
  assert.is(left(bindSizes(odd, {})).split("\n").length, 2);
});

test.run();
