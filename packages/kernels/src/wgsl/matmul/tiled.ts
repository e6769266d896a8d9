// Variant 4, tiled: a workgroup copies a tile of a and one of b into workgroup memory and multiplies from there. For GPUs.
// 16 x 16 invocations compute 16·`rows` x 16·`columns` elements of out, `rows` x `columns` each; `step` elements of the sum
// at a time. Tiles lie sum-major (element (k, i) at k · side + i, one word of padding per line against bank conflicts): for
// one k, invocations of a row read one word of a (broadcast) and consecutive words of b. f32 accumulators.
// Memory: step · (16·rows + 16·columns + 2) words: 8.3 KiB at 4x4 and step 16.
// Hazards: two barriers a step, reached by every invocation; past an edge zeros are stored into the tile.

import { flatY } from "../../kernel.ts";
import type { Width } from "../weights.ts";
import { type Body, lines, range } from "./frame.ts";

export type Tiled = { readonly rows: number; readonly columns: number; readonly step: number };

const side = 16;
const invocations = side * side;

/** Copies `height` rows of `step` elements into `tile`; neighbouring invocations read neighbouring elements. */
const copy = (
  tile: string,
  height: number,
  step: number,
  width: Width,
  origin: string,
  limit: string,
  read: (at: string) => string,
) => {
  const perRow = step / width;
  const value = width === 4 ? "vec4f()" : "0.0";
  const put =
    width === 4
      ? range(4)
          .map((i) => `${tile}[to + ${i * (height + 1)}u] = v[${i}];`)
          .join(" ")
      : `${tile}[to] = v;`;
  return `    for (var i = index; i < ${height * perRow}u; i += ${invocations}u) {
      let line = i / ${perRow}u; let at = i % ${perRow}u;
      var v = ${value};
      if (${origin} + line < ${limit} && k + at < steps) { v = ${read(`(${origin} + line) * steps + k + at`)}; }
      let to = at * ${width * (height + 1)}u + line;
      ${put}
    }`;
};

export const tiled = ({ rows, columns, step }: Tiled, width: Width): Body => {
  const height = side * rows;
  const breadth = side * columns;
  return {
    name: `tiled ${rows}x${columns}`,
    width,
    workgroup: [side, side],
    tile: { rows: height, columns: breadth },
    declare: `var<workgroup> aTile: array<f32, ${step * (height + 1)}>;
var<workgroup> bTile: array<f32, ${step * (breadth + 1)}>;`,
    code: `  let steps = sizes.inner / ${width}u;
  let index = local.y * ${side}u + local.x;
  let row = ${flatY} * ${height}u;
  let column = group.x * ${breadth}u;
${lines(
  rows,
  (r) =>
    `  ${range(columns)
      .map((c) => `var sum${r}_${c} = 0.0;`)
      .join(" ")}`,
)}
  for (var k = 0u; k < steps; k += ${step / width}u) {
${copy("aTile", height, step, width, "row", "sizes.rows", (at) => `aAt(${at})`)}
${copy("bTile", breadth, step, width, "column", "sizes.columns", (at) => `bAt(${at})`)}
    workgroupBarrier();
    for (var i = 0u; i < ${step}u; i++) {
${lines(rows, (r) => `      let a${r} = aTile[i * ${height + 1}u + local.y * ${rows}u + ${r}u];`)}
${lines(columns, (c) => `      let b${c} = bTile[i * ${breadth + 1}u + local.x + ${c * side}u];`)}
${lines(
  rows,
  (r) =>
    `      ${range(columns)
      .map((c) => `sum${r}_${c} += a${r} * b${c};`)
      .join(" ")}`,
)}
    }
    workgroupBarrier();
  }
${lines(
  rows,
  (r) =>
    `  ${range(columns)
      .map((c) => `store(row + local.y * ${rows}u + ${r}u, column + local.x + ${c * side}u, sum${r}_${c});`)
      .join(" ")}`,
)}`,
  };
};
