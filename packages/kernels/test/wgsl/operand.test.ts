import { dim, over, plus, showDim, times } from "@depass/graph";
import { polynomials } from "@depass/graph/testing";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { load, sizeNames } from "../../src/wgsl/operand.ts";
import { fuzz } from "../seed.ts";

const test = suite("wgsl/operand");

test("each size is one uniform under a name of its own, numbers are literals", () => {
  fc.assert(
    fc.property(fc.array(polynomials, { maxLength: 20 }), (all) => {
      const sizes = sizeNames();
      const names = all.map((d) => sizes.of(d));
      for (const [i, a] of all.entries()) {
        for (const [j, b] of all.entries()) assert.is(names[i] === names[j], showDim(a) === showDim(b));
        assert.is(names[i] === `${a}u`, typeof a === "number");
      }
      assert.is(sizes.uniforms().length, new Set(names.filter((n) => n.startsWith("sizes."))).size);
    }),
    fuzz(100),
  );
  const odd = sizeNames();
  assert.is(new Set([times("M", "T"), dim("M_T"), over("T", 2), plus("T", 2)].map(odd.of)).size, 4);
});

test("halves are read from words, with what stands before them", () => {
  assert.is(load("x", { dtype: "f32", shape: [3] }, "i"), "x[i]");
  assert.is(load("x", { dtype: "i32", shape: [3], from: 4 }, "i"), "f32(x[4u + i])");
  assert.is(load("x", { dtype: "f16", shape: [3] }, "i"), "unpack2x16float(x[(i) >> 1u] >> (16u * ((i) & 1u))).x");
});

test.run();
