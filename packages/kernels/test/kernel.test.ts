import { dim, times } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Axes, count, groupsOf, type Kernel, uniformsOf } from "../src/kernel.ts";

const test = suite("kernel");

const kernel = (axes: Axes, workgroups: Kernel["workgroups"]): Kernel => ({
  name: "k",
  wgsl: "",
  bindings: [],
  uniforms: [
    { name: "T", value: dim("T") },
    { name: "T2", value: times("T", "T") },
  ],
  workgroups,
  axes,
});

test("groups are formulas of the sizes, rounded up", () => {
  assert.equal(
    groupsOf(kernel("xyz", [count(dim("T"), 64), count(times("T", 3), 2), count(5)]), { T: 65 }),
    E.right([2, 98, 5]),
  );
});

test("an overlong axis spills where its body can follow", () => {
  assert.equal(groupsOf(kernel("x", [count(200_000), count(1), count(1)]), {}), E.right([50_000, 4, 1]));
  assert.equal(groupsOf(kernel("xy", [count(7), count(65_536), count(1)]), {}), E.right([7, 32_768, 2]));
  assert.equal(groupsOf(kernel("xyz", [count(7), count(3), count(70_000)]), {}), E.right([7, 3, 65_535]));
});

test("every group is covered, and a spill wastes less than one row of groups", () => {
  for (const n of [0, 1, 65_535, 65_536, 131_071, 4_000_000_000]) {
    const groups = groupsOf(kernel("x", [count(n), count(1), count(1)]), {});
    assert.ok(E.isRight(groups));
    const [x, y] = groups.right;
    assert.ok(x <= 65_535 && y <= 65_535 && x * y >= n && x * y - n < Math.max(1, y), `${n}: ${x} x ${y}`);
  }
});

test("what cannot be dispatched is a fault", () => {
  const tooLong = groupsOf(kernel("xy", [count(65_536), count(1), count(1)]), {});
  assert.ok(E.isLeft(tooLong) && tooLong.left[0]?.tag === "too-large");
  const unknown = groupsOf(kernel("x", [count(dim("T")), count(1), count(1)]), {});
  assert.ok(E.isLeft(unknown) && unknown.left[0]?.tag === "bad-size");
});

test("uniforms are u32 words padded to 16 bytes; what no u32 holds is a fault", () => {
  const k = kernel("x", [count(1), count(1), count(1)]);
  assert.equal(uniformsOf(k, { T: 7 }), E.right(Uint32Array.of(7, 49, 0, 0)));
  const large = uniformsOf(k, { T: 2 ** 16 });
  assert.ok(E.isLeft(large) && large.left[0]?.tag === "bad-size");
});

test.run();
