// `navigator.gpu` as the backend: here Dawn plays the browser's part.
import * as g from "@depass/graph";
import { noise } from "@depass/graph/testing";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { listAdapters, optionsFor } from "../src/adapters.ts";
import * as page from "../src/browser.ts";
import { requestAdapter } from "../src/dawn.ts";
import { type GpuOptions, webgpuOf } from "../src/navigator.ts";
import { sameOn } from "./backends.ts";

const test = suite("navigator.gpu");

const gpuOf = (adapter: () => Promise<GPUAdapter | null>): GPU => ({ requestAdapter: adapter }) as unknown as GPU;

const faultsOf = async (gpu: GPU | undefined, options: GpuOptions = {}): Promise<string> => {
  const opened = await webgpuOf(gpu, options)();
  return E.isLeft(opened) ? g.showFaults(opened.left) : (assert.unreachable("a value") ?? "");
};

test("no WebGPU, no adapter, a browser that refuses, no device: what to do", async () => {
  assert.match(await faultsOf(undefined), "WebGPU: expected a browser with WebGPU, got one without; take Chrome");
  assert.match(await faultsOf(gpuOf(async () => null)), "expected an adapter, got none; take Chrome");
  assert.match(await faultsOf(gpuOf(() => Promise.reject(new Error("blocked")))), "got Error: blocked; take Chrome");
  const adapter = {
    info: { vendor: "acme", architecture: "" },
    limits: {},
    features: new Set(),
    requestDevice: () => Promise.reject("busy"),
  };
  assert.match(
    await faultsOf(gpuOf(async () => adapter as unknown as GPUAdapter)),
    "acme: expected a device, got busy",
  );
});

test("where there is no navigator.gpu, the page's own `webgpu` says so", async () => {
  const opened = await page.webgpu()();
  assert.ok(E.isLeft(opened) && opened.left[0]?.tag === "no-adapter");
});

const [first] = (await listAdapters()).found;
if (first === undefined) console.log("skipped: a graph on navigator.gpu: no adapter here");
else
  test(`a graph on navigator.gpu (${first.name}): the evaluator's values, within the budget that was given`, async () => {
    const dawn = g.orThrow(await requestAdapter(optionsFor(first.backend, first.name)).then(E.mapLeft((f) => [f])));
    const backend = g.orThrow(
      await webgpuOf(
        gpuOf(async () => dawn),
        { memory: 2 ** 20 },
      )(),
    );
    const numbers = (n: number, seed: number): Float32Array =>
      Float32Array.from({ length: n }, (_, i) => noise(i, seed));
    const y = g.exp(g.linear(g.weight("w", [3, 5]))(g.input("x", ["T", 5])));
    await sameOn(backend, { y }, { x: g.f32([7, 5], numbers(35, 0)), w: g.f32([3, 5], numbers(15, 1)) });
    assert.is(backend.gpu.budgetBytes, 2 ** 20);
    assert.is(backend.gpu.kind, first.kind);
    const large = g.linear(g.weight("w", [999, 999]))(g.input("x", ["T", 999]));
    const weights = g.weightsOf({ w: g.f32([999, 999], new Float32Array(999 * 999)) });
    assert.ok(E.isLeft(await backend.prepare({ large }, weights)()), "four megabytes in one");
    await backend.close();
  });

test.run();
