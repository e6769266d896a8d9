import { dim } from "@depass/graph";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Product, type Tile, takesQuads, tiledProduct } from "../../src/wgsl/matmul.ts";
import { devices, f32Input, runKernel } from "../gpu.ts";
import { encode, values } from "./stored.ts";

const tiles: readonly Tile[] = [
  { variant: "naive" },
  { variant: "registers", rows: 8, columns: 2, lanes: 16 },
  { variant: "registers", rows: 3, columns: 1, lanes: 4 },
  { variant: "quads", rows: 16, columns: 4, lanes: 4 },
  { variant: "quads", rows: 1, columns: 2, lanes: 16 },
  { variant: "tiled", rows: 4, columns: 4, step: 16 },
  { variant: "tiled", rows: 2, columns: 1, step: 8 },
];

type Case = {
  readonly R: number;
  readonly K: number;
  readonly N: number;
  readonly seed: number;
  readonly left: Product["left"];
  readonly weights: Product["weights"];
  readonly bias: boolean;
  readonly residual: boolean;
};

const types = ["f32", "bf16", "f16", "q8_0", "q4_0", "q4_1"] as const;
const stored = fc.constantFrom(...types);
const arbitrary: fc.Arbitrary<Case> = fc.record({
  R: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 70 })),
  K: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(4, 8, 16, 20, 48, 64)),
  N: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 70 })),
  seed: fc.integer({ min: 1, max: 1e6 }),
  left: stored,
  weights: stored,
  bias: fc.boolean(),
  residual: fc.boolean(),
});

/** Rounding of K products in f32, any order. */
const tolerance = (K: number): number => 2e-7 * (K + 4);

const check = async (device: (typeof devices)[number], tile: Tile, c: Case): Promise<void> => {
  const { R, K, N, left, weights, bias, residual } = c;
  const product: Product = { rows: dim("R"), inner: K, columns: N, left, weights, bias, residual };
  if (tile.variant === "quads" && !takesQuads(product, device)) return;
  const a = encode(left, values(R * K, c.seed));
  const b = encode(weights, values(N * K, c.seed + 1));
  const biases = bias ? [f32Input(N, (i) => Math.sin(i))] : [];
  const residuals = residual ? [f32Input(R * N, (i) => Math.cos(i))] : [];
  const kernel = tiledProduct("product", product, tile);
  const out = await runKernel(device, kernel, [a.data, b.data, ...biases, ...residuals], R * N, { R });
  for (let i = 0; i < R; i++)
    for (let j = 0; j < N; j++) {
      let sum = (biases[0]?.[j] ?? 0) + (residuals[0]?.[i * N + j] ?? 0);
      for (let k = 0; k < K; k++) sum += (a.values[i * K + k] ?? 0) * (b.values[j * K + k] ?? 0);
      const error = Math.abs((out[i * N + j] ?? Number.NaN) - sum);
      assert.ok(
        error <= tolerance(K),
        `${kernel.name} ${JSON.stringify(c)}: [${i}, ${j}] is ${out[i * N + j]}, expected ${sum}`,
      );
    }
};

const test = suite("matmul");

for (const device of devices)
  for (const tile of tiles)
    test(`${JSON.stringify(tile)} is the f64 product, at every edge (${device.name}, ${device.toggles})`, () =>
      fc.assert(
        fc.asyncProperty(arbitrary, (c) => check(device, tile, c)),
        { numRuns: device.toggles === "safe" ? 10 : 5, seed: 7 },
      ));

for (const device of devices)
  test(`quads take Kd = 16 and 64 (${device.name}, ${device.toggles})`, async () => {
    for (const K of [16, 64, 576])
      for (const weights of types) {
        const c: Case = { R: 19, K, N: 21, seed: K, left: "f32", weights, bias: true, residual: true };
        await check(device, { variant: "quads", rows: 8, columns: 2, lanes: 8 }, c);
      }
  });

test.run();
