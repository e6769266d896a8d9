import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { allocate, download, release, upload, usedBytes } from "../src/buffer.ts";
import { openDevice } from "../src/device.ts";
import { devices, must } from "./gpu.ts";

const test = suite("buffer");

for (const device of devices) {
  const on = `(${device.name}, ${device.toggles})`;

  test(`what goes up comes down, in pieces and with an odd tail ${on}`, async () => {
    for (const n of [1, 2, 3, 4, 1001, 9_000_001]) {
      const data = Uint8Array.from({ length: n }, (_, i) => i * 31 + (i >> 8));
      const buffer = await must(allocate(device, "bytes", n));
      await must(upload(device, buffer, data));
      const back = new Uint8Array(await must(download(device, buffer, n)));
      assert.is(Buffer.compare(back, data), 0, `${n} bytes`);
      release(device, buffer);
    }
  });

  test(`more than is allowed in flight ${on}`, async () => {
    const data = Float32Array.from({ length: 40 * 2 ** 20 }, (_, i) => i);
    const buffer = await must(allocate(device, "large", data.byteLength));
    await must(upload(device, buffer, data));
    const back = new Float32Array(await must(download(device, buffer)));
    assert.is(Buffer.compare(Buffer.from(back.buffer), Buffer.from(data.buffer)), 0);
    release(device, buffer);
  });

  test(`offsets ${on}`, async () => {
    const buffer = await must(allocate(device, "words", 64));
    await must(upload(device, buffer, new Uint32Array(16)));
    await must(upload(device, buffer, Uint32Array.of(7, 8), 16));
    assert.equal([...new Uint32Array(await must(download(device, buffer, 16, 12)))], [0, 7, 8, 0]);
    const beyond = await upload(device, buffer, Uint32Array.of(1), 64)();
    assert.ok(E.isLeft(beyond) && beyond.left[0]?.tag === "too-large");
    release(device, buffer);
  });
}

if (devices.length > 0) {
  test("the budget is kept, and given back", async () => {
    const device = await must(openDevice({ memory: 1024 }));
    const first = await must(allocate(device, "first", 1000));
    assert.is(usedBytes(device), 1000);
    const second = await allocate(device, "layers.3.mlp.up", 100)();
    assert.ok(E.isLeft(second));
    assert.is(second.left[0]?.tag, "out-of-memory");
    assert.ok(second.left[0]?.where.includes("layers.3.mlp.up") && second.left[0].got.includes("100 bytes"));
    release(device, first);
    assert.is(usedBytes(device), 0);
    release(device, await must(allocate(device, "second", 1024)));
    await device.close();
  });

  test("what no buffer can hold is refused before the device is asked", async () => {
    const device = await must(openDevice({ memory: 2 ** 50 }));
    const huge = await allocate(device, "huge", 2 ** 45)();
    assert.ok(E.isLeft(huge) && huge.left[0]?.tag === "too-large");
    assert.is(usedBytes(device), 0);
    assert.equal(device.takeFaults(), []);
    await device.close();
  });
}

test.run();
