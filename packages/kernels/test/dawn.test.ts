import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isOldLoader, requestAdapter } from "../src/dawn.ts";
import { devices } from "./gpu.ts";

const test = suite("dawn");

test("loaders that know no VK_ADD_DRIVER_FILES are told by the file they are mapped from", () => {
  assert.ok(isOldLoader("7f00 r-xp /usr/lib/x86_64-linux-gnu/libvulkan.so.1.3.204"));
  assert.ok(isOldLoader("/usr/lib/libvulkan.so.1.2.162"));
  assert.not(isOldLoader("/usr/lib/libvulkan.so.1.3.239\n"));
  assert.not(isOldLoader("/usr/lib/libvulkan.so.1.4.304\n"));
  assert.not(isOldLoader("/root/.cache/depass/swiftshader-0/libvulkan.so.1\n"));
});

test("the environment is as it was, also when requests overlap", async () => {
  const names = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES", "VK_ADD_DRIVER_FILES"];
  const before = names.map((n) => process.env[n]);
  await Promise.all([requestAdapter([]), requestAdapter([]), requestAdapter(["backend=vulkan"])]);
  assert.equal(
    names.map((n) => process.env[n]),
    before,
  );
});

test("a backend that does not exist is a fault, or has no adapter", async () => {
  const none = await requestAdapter(["backend=nonsense"]);
  assert.ok(E.isLeft(none));
});

if (devices[0]?.kind === "software")
  test("a list of drivers that the user has set is extended", async () => {
    process.env.VK_DRIVER_FILES = "/nowhere.json";
    const adapter = await requestAdapter([]);
    assert.is(process.env.VK_DRIVER_FILES, "/nowhere.json");
    delete process.env.VK_DRIVER_FILES;
    assert.ok(E.isRight(adapter) && adapter.right !== null);
  });

test.run();
