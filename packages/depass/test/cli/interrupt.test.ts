import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Call, depass, type Ended, onDevice } from "../run.ts";
import { newFolder, remove, writeCheckpoint } from "../tiny.ts";

const test = suite("Ctrl-C");
let model = "";
test.before(async () => {
  model = await newFolder();
  // Large enough to run for many seconds on any CPU.
  await writeCheckpoint(model, { layers: 24, hidden: 256, heads: 4, mlp: 768, context: 4096 });
});
test.after(() => remove(model));

const prompt = "on the ".repeat(600);

/** A run that is interrupted after a while, and the milliseconds from then to its end. */
const interrupted = async (backend: string, wait: number): Promise<readonly [Ended, number]> => {
  let sent = 0;
  const watch: Call["watch"] = (child) => {
    setTimeout(() => {
      sent = performance.now();
      child.kill("SIGINT");
    }, wait);
  };
  const ended = await depass(["attribute", "--model", model, "--backend", backend], { input: prompt, watch });
  return [ended, performance.now() - sent];
};

test("a run on a device stops within two seconds, with status 130 and one word", async () => {
  if (!(await onDevice("Ctrl-C on a device"))) return;
  const [{ code, stdout, stderr }, milliseconds] = await interrupted("webgpu", 5000);
  assert.is(code, 130, stderr);
  assert.is(stdout, "");
  assert.is(stderr, "depass: stopped\n");
  assert.ok(milliseconds < 2500, `${milliseconds} ms`);
});

test("the reference is ended by the system, which shells call 130", async () => {
  const [{ signal, stdout, stderr }, milliseconds] = await interrupted("reference", 3000);
  assert.is(signal, "SIGINT", stderr);
  assert.is(stdout, "");
  assert.is(stderr, "");
  assert.ok(milliseconds < 2500, `${milliseconds} ms`);
});

test.run();
