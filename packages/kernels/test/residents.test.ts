// Tensors that stay on a device between runs.
import * as g from "@depass/graph";
import { noise, residencyLaws, smallTraining } from "@depass/graph/testing";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { usedBytes } from "../src/buffer.ts";
import { planBytes } from "../src/memory-plan.ts";
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
