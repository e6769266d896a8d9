import { join } from "node:path";
import { f32, input, over, plus, size, times, valueOf } from "@depass/graph";
import { polynomials } from "@depass/graph/testing";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { exported, newFolder, opened, remove } from "../files.ts";
import { fuzz } from "../seed.ts";

const test = suite("export/sizes");
let folder = "";
test.before(async () => {
  folder = await newFolder();
});
test.after(() => remove(folder));

const halves = polynomials.map((d) => over(times(d, plus(d, 1)), 2));
const counts = fc.integer({ min: 1, max: 9 });

test("a polynomial in symbols is what it says, from one file", () =>
  fc.assert(
    fc.asyncProperty(fc.oneof(polynomials, halves), counts, counts, async (d, T, M) => {
      const path = join(folder, "size.onnx");
      await exported({ value: size(d), t: input("t", ["T"]), m: input("m", [2, "M"]) }, {}, path);
      const file = await opened(path);
      for (const sizes of [
        { T, M },
        { T: M, M: T },
      ]) {
        const t = f32([sizes.T], new Float32Array(sizes.T));
        const m = f32([2, sizes.M], new Float32Array(2 * sizes.M));
        assert.equal([...((await file.run({ t, m })).value?.data ?? [])], [Math.fround(valueOf(d, sizes))]);
      }
      await file.close();
    }),
    fuzz(60),
  ));

test.run();
