// Variant 1, naive: one invocation computes one element of out. The oracle of the other variants on a device.
// Workgroup 8 x 8, consecutive invocations take consecutive columns; no workgroup memory; one f32 accumulator.
// Hazards: none. Any sizes. Every element of a and b is read from memory once per product.

import { flatY } from "../../kernel.ts";
import type { Body } from "./frame.ts";

export const naive = (): Body => ({
  name: "naive",
  width: 1,
  workgroup: [8, 8],
  tile: { rows: 8, columns: 8 },
  code: `  let column = group.x * 8u + local.x;
  let row = ${flatY} * 8u + local.y;
  if (row >= sizes.rows || column >= sizes.columns) { return; }
  var sum = 0.0;
  for (var k = 0u; k < sizes.inner; k++) { sum += aAt(row * sizes.inner + k) * bAt(column * sizes.inner + k); }
  store(row, column, sum);`,
});
