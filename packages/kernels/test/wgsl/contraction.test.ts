import { dim, times } from "@depass/graph";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { contraction, strided } from "../../src/wgsl/contraction.ts";
import type { Operand } from "../../src/wgsl/operand.ts";
import { devices, runKernel } from "../gpu.ts";
import { encode, values } from "./stored.ts";

const test = suite("contraction");

const f32 = (shape: Operand["shape"]): Operand => ({ dtype: "f32", shape });

const near = (out: Float32Array, expected: readonly number[], K: number): void => {
  assert.is(out.length, expected.length);
  expected.forEach((e, i) => {
    assert.ok(Math.abs((out[i] ?? Number.NaN) - e) <= 2e-7 * (K + 4), `[${i}] is ${out[i]}, expected ${e}`);
  });
};

for (const device of devices) {
  const on = `(${device.name}, ${device.toggles})`;

  test(`broadcasts leading axes, symbolic sizes ${on}`, async () => {
    for (const [B, H, I, K, J] of [
      [2, 3, 5, 7, 66],
      [1, 1, 1, 1, 1],
      [3, 1, 9, 4, 257],
      [1, 4, 2, 33, 3],
    ] as const) {
      const a = encode("f32", values(B * H * I * K, 3));
      const b = encode("f32", values(H * K * J, 4));
      const kernel = contraction("matmul", f32([dim("B"), H, dim("I"), K]), f32([H, K, dim("J")]), [
        dim("B"),
        H,
        dim("I"),
        dim("J"),
      ]);
      const out = await runKernel(device, kernel, [a.data, b.data], B * H * I * J, { B, I, J });
      const expected: number[] = [];
      for (let n = 0; n < B * H; n++)
        for (let i = 0; i < I; i++)
          for (let j = 0; j < J; j++) {
            let sum = 0;
            for (let k = 0; k < K; k++)
              sum += (a.values[(n * I + i) * K + k] ?? 0) * (b.values[((n % H) * K + k) * J + j] ?? 0);
            expected.push(sum);
          }
      near(out, expected, K);
    }
  });

  test(`any strides: a transposed left side, a bf16 right side repeated over the batch ${on}`, async () => {
    const [T, K, J, B] = [6, 5, 9, 4];
    const a = encode("f32", values(B * K * T, 5));
    const b = encode("bf16", values(J * K, 6));
    const axes = {
      batch: [{ size: dim("B"), a: times(K, "T"), b: 0 }],
      rows: { size: dim("T"), a: 1 },
      columns: { size: J, b: K },
      inner: { size: K, a: dim("T"), b: 1 },
    };
    const kernel = strided("strided", axes, f32([dim("B"), K, dim("T")]), { dtype: "bf16", shape: [J, K] });
    const out = await runKernel(device, kernel, [a.data, b.data], B * T * J, { T, B });
    const expected: number[] = [];
    for (let n = 0; n < B; n++)
      for (let t = 0; t < T; t++)
        for (let j = 0; j < J; j++) {
          let sum = 0;
          for (let k = 0; k < K; k++) sum += (a.values[n * K * T + k * T + t] ?? 0) * (b.values[j * K + k] ?? 0);
          expected.push(sum);
        }
    near(out, expected, K);
  });

  test(`more batches than groups: z is walked ${on}`, async () => {
    const B = 70000;
    const a = encode("f32", values(B, 7));
    const b = encode("f32", values(B, 8));
    const kernel = contraction("matmul", f32([dim("B"), 1, 1]), f32([dim("B"), 1, 1]), [dim("B"), 1, 1]);
    const out = await runKernel(device, kernel, [a.data, b.data], B, { B });
    near(
      out,
      Array.from({ length: B }, (_, i) => (a.values[i] ?? 0) * (b.values[i] ?? 0)),
      1,
    );
  });
}

test.run();
