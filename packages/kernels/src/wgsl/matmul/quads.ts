// Variant 3, quads: the four invocations of a quad share what they read of a, without workgroup memory.
// A quad computes `rows` rows of out and 4·`columns` columns, of which lane l takes every fourth. In a step of 16 along the
// sum, lane l reads elements 4l..4l+3 of each row of a; quad swaps then show it those of lane l^1, l^2, l^3, and it
// multiplies them with the same elements of its own columns of b. So each element of a is read once per quad. The sixteen
// products of a step are added up before they meet the sum, which is then written once a step.
// Workgroup: `lanes` x 1 (quads do not talk to each other); one f32 accumulator per element; no workgroup memory.
// Why: SwiftShader runs four invocations as one SSE vector and collects every read element by element (7 ns for a vector),
// while a swap is one instruction; writing a variable costs as much as five of the multiplications. Twice to three times as
// fast there as variant 2. Needs `subgroups` and Kd a multiple of 16.
// Hazards: swaps must be reached by the whole quad, so no invocation leaves early; reads past an edge move onto the last row.

import { flatY } from "../../kernel.ts";
import { type Body, lines, range } from "./frame.ts";

export type Quads = { readonly rows: number; readonly columns: number; readonly lanes: number };

const swaps = ["", "quadSwapX", "quadSwapY", "quadSwapDiagonal"] as const;

/** Row r of a as each lane of the quad has read it: `s<r>_<j>` is what lane l^j read. */
const exchange = (r: number): string =>
  [...swaps.entries()]
    .map(([j, swap]) => `let s${r}_${j} = ${swap}(${j === 0 ? `aAt(aRow${r} + k)` : `s${r}_0`});`)
    .join(" ");

/** Spelled out: a `dot` takes the same time, but its rounding is the driver's. */
const products = (r: number, c: number): string =>
  range(4)
    .flatMap((j) => [..."xyzw"].map((i) => `s${r}_${j}.${i} * b${c}_${j}.${i}`))
    .join(" + ");

export const quads = ({ rows, columns, lanes }: Quads): Body => ({
  name: `quads ${rows}x${columns}`,
  width: 4,
  workgroup: [lanes, 1],
  tile: { rows, columns: columns * lanes },
  enable: "enable subgroups;\ndiagnostic(off, subgroup_uniformity);\n",
  code: `  let steps = sizes.inner / 4u;
  let lane = local.x & 3u;
  let row = ${flatY} * ${rows}u;
  let column = group.x * ${columns * lanes}u + (local.x / 4u) * ${4 * columns}u + lane;
${lines(rows, (r) => `  let aRow${r} = min(row + ${r}u, sizes.rows - 1u) * steps + lane;`)}
${lines(columns, (c) => `  let bRow${c} = min(column + ${4 * c}u, sizes.columns - 1u) * steps;`)}
${lines(
  rows,
  (r) =>
    `  ${range(columns)
      .map((c) => `var sum${r}_${c} = 0.0;`)
      .join(" ")}`,
)}
  for (var k = 0u; k < steps; k += 4u) {
${lines(columns, (c) =>
  [
    `    let run${c} = bRunAt(bRow${c} + k);`,
    ...range(4).map((j) => `    let b${c}_${j} = bIn(run${c}, lane ^ ${j}u);`),
  ].join("\n"),
)}
${lines(rows, (r) => `    ${exchange(r)}\n${lines(columns, (c) => `    sum${r}_${c} += ${products(r, c)};`)}`)}
  }
${lines(
  rows,
  (r) =>
    `  ${range(columns)
      .map((c) => `store(row + ${r}u, column + ${4 * c}u, sum${r}_${c});`)
      .join(" ")}`,
)}`,
});
