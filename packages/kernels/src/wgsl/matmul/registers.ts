// Variant 2, registers: one invocation computes `rows` x `columns` elements of out and reuses what it has read.
// Columns of one invocation lie `workgroup x` apart, so that neighbours write side by side. Workgroup: `lanes` x 1, no
// workgroup memory, one f32 accumulator per element. Four elements of the sum at a time where Kd allows.
// Hazards: none. Any sizes: reads past an edge are moved onto the last row, and `store` drops the result.

import { flatY } from "../../kernel.ts";
import type { Width } from "../weights.ts";
import { type Body, lines, range } from "./frame.ts";

export type Registers = { readonly rows: number; readonly columns: number; readonly lanes: number };

const term = (width: Width, r: number, c: number): string => (width === 4 ? `dot(a${r}, b${c})` : `a${r} * b${c}`);

export const registers = ({ rows, columns, lanes }: Registers, width: Width): Body => ({
  name: `registers ${rows}x${columns}`,
  width,
  workgroup: [lanes, 1],
  tile: { rows, columns: columns * lanes },
  code: `  let steps = sizes.inner / ${width}u;
  let row = ${flatY} * ${rows}u;
  let column = group.x * ${columns * lanes}u + local.x;
${lines(rows, (r) => `  let aRow${r} = min(row + ${r}u, sizes.rows - 1u) * steps;`)}
${lines(columns, (c) => `  let bRow${c} = min(column + ${c * lanes}u, sizes.columns - 1u) * steps;`)}
${lines(
  rows,
  (r) =>
    `  ${range(columns)
      .map((c) => `var sum${r}_${c} = 0.0;`)
      .join(" ")}`,
)}
  for (var k = 0u; k < steps; k++) {
${lines(columns, (c) => `    let b${c} = bAt(bRow${c} + k);`)}
${lines(
  rows,
  (r) =>
    `    let a${r} = aAt(aRow${r} + k); ${range(columns)
      .map((c) => `sum${r}_${c} += ${term(width, r, c)};`)
      .join(" ")}`,
)}
  }
${lines(
  rows,
  (r) =>
    `  ${range(columns)
      .map((c) => `store(row + ${r}u, column + ${c * lanes}u, sum${r}_${c});`)
      .join(" ")}`,
)}`,
});
