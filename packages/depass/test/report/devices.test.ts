import { test } from "uvu";
import * as assert from "uvu/assert";
import { showDevices } from "../../src/report/devices.ts";
import { plainInk } from "../../src/report/ink.ts";

const options = { ink: plainInk, columns: 60, bytes: (n: number) => `${n} bytes` };

test("adapters with limits and features, what is missing, what auto takes", () => {
  const found = {
    name: "NVIDIA H200",
    kind: "hardware",
    backend: "vulkan",
    vendor: "nvidia",
    architecture: "hopper",
    driver: "570.86",
    limits: { maxBufferSize: 1024, maxComputeWorkgroupSizeX: 256 },
    features: ["shader-f16", "subgroups"],
  } as unknown as Parameters<typeof showDevices>[0]["adapters"]["found"][number];
  const lines = showDevices(
    {
      adapters: { found: [found], missing: ["no software adapter"] },
      auto: { backend: "webgpu", adapter: "NVIDIA H200", why: "it is the first hardware adapter" },
      cpu: { device: "EPYC, 16 cores (ONNX Runtime)" },
      reference: "f64 evaluator in JavaScript",
    },
    options,
  );
  assert.equal(lines, [
    "webgpu  --adapter NAME takes another than the first",
    "",
    "  NVIDIA H200  hardware, vulkan, nvidia hopper, 570.86",
    "    maxBufferSize             1024 bytes",
    "    maxComputeWorkgroupSizeX  256",
    "    features",
    "    shader-f16 subgroups",
    "",
    "  missing: no software adapter",
    "",
    "cpu  EPYC, 16 cores (ONNX Runtime)",
    "",
    "reference  f64 evaluator in JavaScript, only when asked for: --backend reference",
    "",
    "auto takes webgpu on NVIDIA H200: it is the first hardware",
    "adapter",
  ]);
});

test("a machine without adapters", () => {
  const lines = showDevices(
    {
      adapters: { found: [], missing: [] },
      auto: { backend: "webgpu", why: "no Vulkan loader" },
      cpu: { missing: "cpu: expected ONNX Runtime for darwin x64, got none; choose another backend with --backend" },
      reference: "f64",
    },
    options,
  );
  assert.is(lines[0], "webgpu  no adapter");
  assert.equal(lines.slice(2, 5), [
    "cpu  missing: cpu: expected ONNX Runtime for darwin x64, got",
    "     none; choose another backend with --backend",
    "",
  ]);
  assert.is(lines.at(-1), "auto takes nothing: no Vulkan loader");
});

test.run();
