import * as g from "@depass/graph";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { showBytes, showPlan } from "../src/show-plan.ts";
import { planned } from "./planned.ts";

const test = suite("show-plan");

test("bytes", () => {
  assert.equal([0, 1023, 2048, 1.5 * 2 ** 20, 3 * 2 ** 40].map(showBytes), [
    "0 bytes",
    "1023 bytes",
    "2 KiB",
    "1.5 MiB",
    "3.0 TiB",
  ]);
});

const p = planned({ y: g.at("top")(g.exp(g.linear(g.weight("w", [3, 4]))(g.input("x", ["T", 4])))) });

test("a plan reads as steps and buffers", () => {
  assert.is(
    showPlan(p),
    `steps (2)
0: b2 = linear b0 b1
1: b3 = exp at top b2

buffers (4)
b0  input x  f32 [T, 4]  steps 0-0
b1  weight w  f32 [3, 4]
b2  step linear  f32 [T, 3]  steps 0-1
b3  step exp at top  f32 [T, 3]  steps 1-end`,
  );
});

test("at given sizes it has bytes and slots", () => {
  const text = showPlan(p, { T: 5 });
  assert.match(text, "b0  input x  f32 [T, 4]  80 bytes  slot 0  steps 0-0");
  assert.match(text, /weights 48 bytes, one run .* together /);
});

test.run();
