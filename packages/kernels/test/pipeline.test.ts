import { dim } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { allocate, downloadF32, release, upload, usedBytes } from "../src/buffer.ts";
import { count, declareStorage, declareUniforms, flatX, groupParameters, type Kernel, once } from "../src/kernel.ts";
import { dispatch, pipelineFor, prepare, releaseStep, submit } from "../src/pipeline.ts";
import { devices, must, runKernel } from "./gpu.ts";

const test = suite("pipeline");

const addOne: Kernel = {
  name: "add one",
  wgsl: `${declareStorage(0, "x", "array<f32>", "read")}
${declareStorage(1, "y", "array<f32>", "write")}
${declareUniforms(2, ["n", "step"])}
@compute @workgroup_size(1) fn main(${groupParameters}) {
  let i = ${flatX};
  if (i < sizes.n) { y[i] = x[i] + f32(sizes.step); }
}`,
  bindings: ["read", "write"],
  uniforms: [
    { name: "n", value: dim("n") },
    { name: "step", value: 1 },
  ],
  workgroups: [count(dim("n")), once, once],
};

for (const device of devices) {
  const on = `(${device.name}, ${device.toggles})`;

  test(`a dispatch longer than an axis reaches every element ${on}`, async () => {
    const n = 70_001;
    const out = await runKernel(device, addOne, [Float32Array.from({ length: n }, (_, i) => i)], n, { n });
    assert.ok(out.every((v, i) => v === i + 1));
  });

  test(`steps of one submission see each other's results ${on}`, async () => {
    const [a, b] = [await must(allocate(device, "a", 16)), await must(allocate(device, "b", 16))];
    await must(upload(device, a, Float32Array.of(1, 2, 3, 4)));
    const there = await must(prepare(device, addOne, [a, b], { n: 4 }));
    const back = await must(prepare(device, addOne, [b, a], { n: 4 }));
    await must(submit(device, [there, back, there]));
    assert.equal([...(await must(downloadF32(device, b, 4)))], [4, 5, 6, 7]);
    for (const s of [there, back]) releaseStep(device, s);
    for (const x of [a, b]) release(device, x);
    assert.is(usedBytes(device), 0);
  });

  test(`nothing to do is done, one text is one pipeline ${on}`, async () => {
    const a = await must(allocate(device, "a", 4));
    const b = await must(allocate(device, "b", 4));
    await must(dispatch(device, addOne, [a, b], { n: 0 }));
    const twice = [
      await must(pipelineFor(device, addOne)),
      await must(pipelineFor(device, { ...addOne, name: "other" })),
    ];
    assert.ok(twice[0] === twice[1]);
    for (const x of [a, b]) release(device, x);
  });

  test(`bad WGSL, wrong buffers and a missing size are faults that say where ${on}`, async () => {
    const a = await must(allocate(device, "a", 16));
    const bad = await pipelineFor(device, { ...addOne, name: "broken", wgsl: "fn main() {\n  let x = y;\n}" })();
    assert.ok(E.isLeft(bad) && bad.left[0]?.tag === "bad-wgsl" && bad.left[0].where.includes("broken, line 2"));
    const few = await dispatch(device, addOne, [a], { n: 1 })();
    assert.ok(E.isLeft(few) && few.left[0]?.tag === "bad-binding");
    const same = await dispatch(device, addOne, [a, a], { n: 1 })();
    assert.ok(E.isLeft(same) && same.left[0]?.tag === "gpu-refused");
    const unsized = await dispatch(device, addOne, [a, a], {})();
    assert.ok(E.isLeft(unsized) && unsized.left[0]?.tag === "bad-size");
    release(device, a);
    assert.equal(device.takeFaults(), []);
  });
}

test.run();
