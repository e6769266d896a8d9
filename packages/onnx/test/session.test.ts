// Sessions: what they compute stands in the tensors that were given, and nowhere else.
import { input, neg, orThrow } from "@depass/graph";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { program } from "../src/lower/program.ts";
import { loadRuntime, openSession } from "../src/runtime/session.ts";

const test = suite("session");

const MEGABYTES = 8;
const shape = [MEGABYTES, 2 ** 18] as const;

test("a run leaves no copies of its outputs to the garbage collector", async () => {
  const runtime = orThrow(await loadRuntime());
  const { bytes, outputs } = orThrow(program({ y: neg(input("x", shape)) }));
  const session = orThrow(await openSession(runtime, bytes)());
  const filled = (value: number) =>
    new runtime.Tensor("float32", new Float32Array(MEGABYTES * 2 ** 18).fill(value), shape);
  const [x, y] = [filled(1), filled(0)];
  const run = async () => orThrow(await session.run({ x }, { [outputs.y?.tensor ?? ""]: y })());
  await run();
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 4; i++) await run();
  const left = (process.memoryUsage().arrayBuffers - before) / 2 ** 20;
  assert.ok(left < MEGABYTES, `${left} MiB`);
  assert.ok((y.data as Float32Array).every((v) => v === -1));
  session.dispose();
});

test.run();
