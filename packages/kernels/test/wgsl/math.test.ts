import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Kernel } from "../../src/kernel.ts";
import { mathFor } from "../../src/wgsl/math.ts";
import { devices, f32Input, runKernel } from "../gpu.ts";

const test = suite("math");
const n = 20_001;

const kernel = (formula: string): Kernel => ({
  name: formula,
  wgsl: `${mathFor(formula)}
@group(0) @binding(0) var<storage, read> xs: array<f32>;
@group(0) @binding(1) var<storage, read_write> ys: array<f32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < ${n}u) { let x = xs[id.x]; ys[id.x] = ${formula}; }
}`,
  bindings: ["read", "write"],
  uniforms: [],
  workgroups: [
    { size: n, per: 64 },
    { size: 1, per: 1 },
    { size: 1, per: 1 },
  ],
});

type Range = {
  readonly formula: string;
  readonly exact: (x: number) => number;
  readonly from: number;
  readonly to: number;
  /** Largest relative error; below `floor` in size, relative to `floor`. */
  readonly error: number;
  readonly floor?: number;
};

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

const ranges: readonly Range[] = [
  { formula: "exp_of(x)", exact: Math.exp, from: -87, to: 88.7, error: 1.2e-7 },
  { formula: "exp_of(x)", exact: Math.exp, from: -3e38, to: -120, error: 0 },
  { formula: "log_of(x)", exact: Math.log, from: 0.5, to: 2, error: 1.2e-7 },
  { formula: "log_of(x)", exact: Math.log, from: 1e-30, to: 1e30, error: 1.2e-7 },
  { formula: "tanh_of(x)", exact: Math.tanh, from: -1, to: 1, error: 1.8e-7 },
  { formula: "tanh_of(x)", exact: Math.tanh, from: -1000, to: 1000, error: 1.8e-7 },
  { formula: "sigmoid_of(x)", exact: logistic, from: -80, to: 200, error: 1.8e-7 },
  { formula: "sin_of(x)", exact: Math.sin, from: -1000, to: 1000, error: 1.5e-7, floor: 1 },
  { formula: "cos_of(x)", exact: Math.cos, from: -100_000, to: 100_000, error: 1.5e-7, floor: 1 },
  // What the package takes from WGSL as it is.
  { formula: "exp2(x)", exact: (x) => 2 ** x, from: -100, to: 100, error: 3e-7 },
  { formula: "sqrt(x)", exact: Math.sqrt, from: 1e-30, to: 1e6, error: 2e-7 },
  { formula: "inverseSqrt(x)", exact: (x) => 1 / Math.sqrt(x), from: 1e-30, to: 1e6, error: 3e-7 },
  { formula: "1.0 / x", exact: (x) => 1 / x, from: 1e-3, to: 1e30, error: 3e-7 },
];

for (const device of devices)
  for (const { formula, exact, from, to, error, floor = 0 } of ranges)
    test(`${formula} on [${from}, ${to}] is within ${error} (${device.name}, ${device.toggles})`, async () => {
      const xs = f32Input(n, (i) => from + (i / (n - 1)) * (to - from));
      const ys = await runKernel(device, kernel(formula), [xs], n);
      ys.forEach((y, i) => {
        const expected = exact(xs[i] ?? 0);
        const off = Math.abs(y - expected);
        assert.ok(
          off <= error * Math.max(floor, Math.abs(expected)) || off === 0,
          `${xs[i]} gives ${y}, expected ${expected}`,
        );
      });
    });

test.run();
