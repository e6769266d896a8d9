import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { allocate } from "../src/buffer.ts";
import { listAdapters, openDevice, showAdapters } from "../src/device.ts";
import { devices, must } from "./gpu.ts";

const test = suite("device");
const there = devices.length > 0;

const src = join(dirname(fileURLToPath(import.meta.url)), "../src");

/** Runs a script that opens `device` first; resolves to exit code and output, or code null when it had to be killed. */
const run = (body: string): Promise<{ code: number | null; output: string }> =>
  new Promise((resolve) => {
    const script = `import { openDevice } from ${JSON.stringify(join(src, "device.ts"))};
import { allocate, download, upload } from ${JSON.stringify(join(src, "buffer.ts"))};
const device = (await openDevice()()).right;
${body}`;
    const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script]);
    let output = "";
    child.stdout.on("data", (d) => (output += d));
    child.stderr.on("data", (d) => (output += d));
    const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
    child.on("exit", (code) => {
      clearTimeout(timer);
      resolve({ code, output });
    });
  });

const work = `const b = (await allocate(device, "b", 1 << 20)()).right;
await upload(device, b, new Float32Array(1 << 18))();`;

const endings: Readonly<Record<string, { readonly body: string; readonly code: number }>> = {
  "without close": { body: work, code: 0 },
  "with close": { body: `${work}\nawait device.close();`, code: 0 },
  "closed twice": { body: `${work}\nawait device.close(); await device.close();`, code: 0 },
  "with work in flight": {
    body: `${work}\nfor (let i = 0; i < 8; i++) upload(device, b, new Float32Array(1 << 18))();`,
    code: 0,
  },
  "with a read in flight": { body: `${work}\nvoid download(device, b)();`, code: 0 },
  "through process.exit, work in flight": { body: `${work}\nvoid download(device, b)(); process.exit(3);`, code: 3 },
  "through an uncaught error": { body: `${work}\nthrow new Error("stop");`, code: 1 },
  "after a collection of garbage": {
    body: `${work}\nawait new Promise((r) => setTimeout(r, 50)); (globalThis.gc ?? (() => {}))();`,
    code: 0,
  },
  "with two devices": {
    body: `${work}\nconst second = (await openDevice({ toggles: "fast" })()).right; await second.close();`,
    code: 0,
  },
};

for (const [how, { body, code }] of there ? Object.entries(endings) : [])
  test(`the process ends ${how}`, async () => {
    const ended = await run(body);
    assert.is(ended.code, code, ended.output);
    if (code !== 1) assert.is(ended.output, "");
  });

if (there) {
  test("adapters are listed, hardware first", async () => {
    const all = await listAdapters();
    assert.ok(all.found.length > 0);
    const kinds = all.found.map((a) => a.kind);
    assert.equal(kinds, [...kinds].sort());
    assert.ok(showAdapters(all).includes(all.found[0]?.name ?? ""));
  });

  test("a part of the name selects, in any case; another is a fault that lists what there is", async () => {
    const name = devices[0]?.name ?? "";
    const device = await must(openDevice({ adapter: name.slice(0, 8).toUpperCase() }));
    assert.is(device.name, name);
    await device.close();
    const none = await openDevice({ adapter: "no such adapter" })();
    assert.ok(E.isLeft(none) && none.left[0]?.tag === "no-adapter" && none.left[0].got.includes(name));
  });

  test("the device has the adapter's limits, the given budget, and reports being closed", async () => {
    const device = await must(openDevice({ memory: 1000 }));
    assert.ok(device.limits.maxStorageBufferBindingSize > 128 * 2 ** 20);
    assert.is(device.budgetBytes, 1000);
    await device.close();
    assert.is((await device.lost).tag, "device-closed");
    assert.ok(E.isLeft(await allocate(device, "after the end", 2000)()));
  });

  test("an error outside every scope is kept as a fault", async () => {
    const device = await must(openDevice());
    device.gpu.createBuffer({ size: 16, usage: 0xffff });
    await device.gpu.queue.onSubmittedWorkDone();
    const faults = device.takeFaults();
    assert.is(faults[0]?.tag, "gpu-error");
    assert.equal(device.takeFaults(), []);
    await device.close();
  });
}

test.run();
