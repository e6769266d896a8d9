// Does it matter how many invocations share a row? Every kernel per row, by a workgroup and by one invocation alone, against
// the same formula in f64. Devices differ in which of the two they are given; here each runs both.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Kernel } from "../../src/kernel.ts";
import { attentionWeights } from "../../src/wgsl/attention.ts";
import type { Team } from "../../src/wgsl/invocation.ts";
import { normScale, rowReduction, softmaxRows } from "../../src/wgsl/reduction.ts";
import { devices, f32Input, runKernel } from "../gpu.ts";

const teams: readonly Team[] = [1, 64];
const x = (rows: number, width: number) => f32Input(rows * width, (i) => 3 * Math.sin(1.7 * i + rows));
const operand = (...shape: readonly number[]) => ({ dtype: "f32" as const, shape });

const rowsOf = (data: Float32Array, width: number): readonly (readonly number[])[] =>
  Array.from({ length: data.length / width }, (_, r) => [...data.subarray(r * width, (r + 1) * width)]);

const sum = (row: readonly number[]): number => row.reduce((a, b) => a + b, 0);
const softmax = (row: readonly number[]): readonly number[] => {
  const e = row.map((v) => Math.exp(v - Math.max(...row)));
  return e.map((v) => v / sum(e));
};
const rms = (row: readonly number[]): number => 1 / Math.sqrt(sum(row.map((v) => v * v)) / row.length + 1e-5);
const layer = (row: readonly number[]): number => rms(row.map((v) => v - sum(row) / row.length));

type Row = {
  readonly kernel: (width: number, team: Team) => Kernel;
  readonly of: (row: readonly number[]) => readonly number[];
};

const kernels: Readonly<Record<string, Row>> = {
  sum: { kernel: (w, team) => rowReduction("sum", "sum", operand(3, w), team), of: (row) => [sum(row)] },
  max: { kernel: (w, team) => rowReduction("max", "max", operand(3, w), team), of: (row) => [Math.max(...row)] },
  rmsScale: { kernel: (w, team) => normScale("rms", "rms", operand(3, w), 1e-5, team), of: (row) => [rms(row)] },
  layerScale: {
    kernel: (w, team) => normScale("layer", "layer", operand(3, w), 1e-5, team),
    of: (row) => [layer(row)],
  },
  softmax: { kernel: (w, team) => softmaxRows("softmax", operand(3, w), team), of: softmax },
};

const near = (actual: Float32Array, expected: readonly number[], what: string): void => {
  assert.is(actual.length, expected.length, what);
  for (const [i, want] of expected.entries()) {
    const error = Math.abs((actual[i] as number) - want);
    assert.ok(error <= 2e-6 * (1 + Math.abs(want)), `${what}: [${i}] is ${actual[i]}, expected ${want}`);
  }
};

const test = suite("wgsl/invocation");

for (const device of devices)
  for (const team of teams) {
    for (const [name, { kernel, of }] of Object.entries(kernels))
      test(`${name} by ${team} a row (${device.name}, ${device.toggles})`, async () => {
        for (const width of [1, 63, 64, 65, 200]) {
          const data = x(3, width);
          const expected = rowsOf(data, width).flatMap(of);
          near(await runKernel(device, kernel(width, team), [data], expected.length), expected, `${name} of ${width}`);
        }
      });

    test(`attentionWeights by ${team} a query (${device.name}, ${device.toggles})`, async () => {
      const [H, K, F] = [4, 2, 6];
      for (const [Q, S, window] of [
        [1, 1, undefined],
        [3, 3, undefined],
        [2, 70, undefined],
        [2, 140, 67],
        [3, 66, 1],
        [3, 66, 200],
      ] as const) {
        const q = x(Q, H * F);
        const k = x(S, K * F);
        const at = (h: number, i: number, j: number): number => {
          const terms = Array.from({ length: F }, (_, f) => [
            q[(i * H + h) * F + f] as number,
            k[(j * K + Math.floor(h / (H / K))) * F + f] as number,
          ]);
          return 0.3 * sum(terms.map(([a = 0, b = 0]) => a * b));
        };
        const expected = Array.from({ length: H * Q }, (_, row) => {
          const [h, i] = [Math.floor(row / Q), row % Q];
          const end = i + S - Q + 1;
          const first = Math.max(0, end - (window ?? end));
          const seen = softmax(Array.from({ length: end - first }, (__, j) => at(h, i, first + j)));
          return [...new Array<number>(first).fill(0), ...seen, ...new Array<number>(S - end).fill(0)];
        }).flat();
        const params = window === undefined ? { scale: 0.3 } : { scale: 0.3, window };
        const kernel = attentionWeights("weights", operand(Q, H, F), operand(S, K, F), params, team);
        const label = `${Q} queries on ${S} keys, window ${window}`;
        near(await runKernel(device, kernel, [q, k], expected.length), expected, label);
      }
    });
  }

test.run();
