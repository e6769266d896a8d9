// Tensors that stay on a device between runs.
import * as g from "@depass/graph";
import { noise, residencyLaws, smallTraining } from "@depass/graph/testing";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { forgetPeak, peakBytes, usedBytes } from "../src/buffer.ts";
import { fitRun, planBytes, weightBytes } from "../src/memory-plan.ts";
import { leastWeights } from "../src/stages.ts";
import { open } from "./backends.ts";
import { must } from "./gpu.ts";
import { planned } from "./planned.ts";

const test = suite("residents");

const x = g.input("x", ["T", 4]);
const y = g.exp(x);
const given = (T: number): g.Tensors => ({
  x: g.f32(
    [T, 4],
    Float32Array.from({ length: 4 * T }, (_, i) => noise(i)),
  ),
});

for (const backend of await open("tensors that stay")) {
  const training = { name: "a state of training that stays is the one that goes round", holds: smallTraining };
  for (const { name, holds } of [...residencyLaws, training])
    test(`${name} (${backend.device})`, async () => {
      await holds(backend);
      assert.is(usedBytes(backend.gpu), 0);
    });

  test(`what stays takes its bytes, every one of which is given back (${backend.device})`, async () => {
    const before = usedBytes(backend.gpu);
    const used = (): number => usedBytes(backend.gpu) - before;
    const runner = await must(backend.prepare({ y, z: y, x }, g.weightsOf({})));
    const outputs = await must(runner.runResident(given(8)));
    assert.is(used(), 3 * 128);
    await must(runner.run({ x: outputs.y as g.Resident }));
    assert.is(used(), 3 * 128);
    assert.ok(E.isLeft(await runner.runResident({})()));
    assert.is(used(), 3 * 128);
    runner.dispose();
    g.disposeAll(outputs);
    assert.is(used(), 0);
  });
}

test("a run takes no room for what it reads in place; where its outputs find none, nothing is kept", async () => {
  const [roomy] = await open("budgets", { memory: planBytes(planned({ y }), { T: 250 }).total });
  if (roomy === undefined) return;
  const runner = await must(roomy.prepare({ y }, g.weightsOf({})));
  const { y: first } = await must(runner.runResident(given(250)));
  // The input and the output are 4,000 bytes each, and so is the buffer through which a run would read back.
  assert.is(usedBytes(roomy.gpu), 4000);
  const { y: second } = await must(runner.runResident({ x: first as g.Resident }));
  assert.is(usedBytes(roomy.gpu), 8000);
  assert.ok(E.isLeft(await runner.runResident(given(250))()));
  assert.is(usedBytes(roomy.gpu), 8000);
  g.disposeAll({ first: first as g.Resident, second: second as g.Resident });
  const twice = await must(roomy.prepare({ y, z: y, u: y }, g.weightsOf({})));
  assert.ok(E.isLeft(await twice.runResident(given(250))()));
  assert.is(usedBytes(roomy.gpu), 0);
  await roomy.close();
});

test("what stays is the same where weights come and go, and is there when they have gone", async () => {
  const [T, D] = [3, 64];
  const square = (seed: number): g.Tensor =>
    g.f32(
      [D, D],
      Float32Array.from({ length: D * D }, (_, i) => noise(i, seed) / 8),
    );
  const w = [0, 1, 2].map((l) => g.weight(`w${l}`, [D, D]));
  const out = w.reduce<g.Expr>((h, l) => g.tanh(g.linear(l)(h)), g.input("x", ["T", D]));
  const graph = { y: out, w: w[0] as g.Expr };
  const weights = g.weightsOf({ w0: square(0), w1: square(1), w2: square(2) });
  const inputs = { x: g.f32([T, D], square(3).data.slice(0, T * D) as Float32Array) };
  const p = planned(graph);
  const kept = 4 * (D * D + T * D);
  const least = fitRun(p, { T }, { bytes: 0, buffer: 2 ** 40 }, leastWeights(p)).bytes;
  const answers: g.Tensor[] = [];
  for (const memory of [2 ** 24, least + kept]) {
    const [backend] = await open("streamed weights", { memory });
    if (backend === undefined) return;
    const runner = await must(backend.prepare(graph, weights));
    forgetPeak(backend.gpu);
    const first = await must(runner.runResident(inputs));
    const second = await must(runner.runResident({ x: first.y as g.Resident }));
    assert.ok(peakBytes(backend.gpu) <= memory, `${peakBytes(backend.gpu)} of ${memory}`);
    assert.is(usedBytes(backend.gpu), 2 * kept + (memory === 2 ** 24 ? weightBytes(p) : 0));
    assert.equal((await must((first.w as g.Resident).read)).data, square(0).data);
    g.disposeAll({ w: second.w as g.Resident, ...first });
    answers.push(await must((second.y as g.Resident).read));
    g.disposeAll(second);
    runner.dispose();
    assert.is(usedBytes(backend.gpu), 0);
    await backend.close();
  }
  assert.equal(answers[1]?.data, answers[0]?.data);
});

test("runs that wait for each other read what was disposed of meanwhile", async () => {
  const [backend] = await open("runs at once");
  if (backend === undefined) return;
  const runner = await must(backend.prepare({ y }, g.weightsOf({})));
  const { y: kept } = await must(runner.runResident(given(2)));
  const expected = await must(runner.run({ x: kept as g.Resident }));
  const both = [given(4), { x: kept as g.Resident }].map((inputs) => runner.run(inputs)());
  (kept as g.Resident).dispose();
  const results = await Promise.all(both);
  assert.equal(g.orThrow(results[1] as (typeof results)[number]).y?.data, expected.y?.data);
  runner.dispose();
  await backend.close();
});

test("what stays ends with its device", async () => {
  const [closed] = await open("closed devices");
  if (closed === undefined) return;
  const runner = await must(closed.prepare({ y }, g.weightsOf({})));
  const { y: gone } = await must(runner.runResident(given(2)));
  await closed.close();
  const read = await (gone as g.Resident).read();
  assert.ok(E.isLeft(read));
  (gone as g.Resident).dispose();
});

test.run();
