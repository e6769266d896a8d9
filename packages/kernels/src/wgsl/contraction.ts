// The batched product of primitives: out[…, i, j] = Σ_k a[…, i, k] · b[…, k, j], leading axes broadcast, any layout.
// Operands are seen through strides (in elements), so a transposed or broadcast operand needs no copy; sizes and strides
// that are symbolic travel as uniforms. Not the fastest: weights go through matmul.ts.

import { type Dim, product, type Shape } from "@depass/graph";
import { count, declareStorage, declareUniforms, flatY, groupParameters, type Kernel } from "../kernel.ts";
import { range } from "./matmul/frame.ts";
import { broadcastStrides, stridesOf } from "./movement.ts";
import { declareOperand, load, type Operand, type SizeNames, sizeNames } from "./operand.ts";

/** An axis of the sum's index space and how far a step along it goes in each operand; 0 repeats the operand. */
export type Axis = { readonly size: Dim; readonly a: Dim; readonly b: Dim };

export type Contraction = {
  readonly batch: readonly Axis[];
  readonly rows: { readonly size: Dim; readonly a: Dim };
  readonly columns: { readonly size: Dim; readonly b: Dim };
  readonly inner: Axis;
};

/** An invocation computes 4 x 4 elements, fewer where an axis is known to be shorter; 64 of them make a workgroup. */
const block = 4;
const lanes = 64;
const blockOf = (size: Dim): number => (typeof size === "number" ? Math.max(1, Math.min(block, size)) : block);

const scaled = (index: string, stride: Dim, sizes: SizeNames): string =>
  stride === 0 ? "0u" : stride === 1 ? index : `${index} * ${sizes.of(stride)}`;

/** WGSL: the batch number taken apart, last axis first, and its offset in both operands. */
const offsets = (batch: readonly Axis[], sizes: SizeNames): string =>
  [...batch]
    .reverse()
    .map(({ size, a, b }) => {
      const place = `(rest % ${sizes.of(size)})`;
      return `    aBatch += ${scaled(place, a, sizes)}; bBatch += ${scaled(place, b, sizes)}; rest /= ${sizes.of(size)};`;
    })
    .join("\n");

const each = (n: number, write: (i: number) => string, gap = "\n"): string => range(n).map(write).join(gap);

/** Rows past the end are read as the last one and not written. */
const body = (c: Contraction, a: Operand, b: Operand, sizes: SizeNames): string => {
  const [rows, columns] = [blockOf(c.rows.size), blockOf(c.columns.size)];
  const [I, J] = [sizes.of(c.rows.size), sizes.of(c.columns.size)];
  const all = product(c.batch.map((x) => x.size));
  const [single, batches] = [all === 1, sizes.of(all)];
  return `  let row = ${single ? flatY : "group.y"} * ${rows}u;
  let column = group.x * ${columns * lanes}u + lane;
  for (var batch = ${single ? "0u" : "group.z"}; batch < ${batches}; batch += ${single ? "1u" : "groups.z"}) {
    var aBatch = 0u; var bBatch = 0u; var rest = batch;
${offsets(c.batch, sizes)}
${each(rows, (r) => `    let aRow${r} = aBatch + ${scaled(`min(row + ${r}u, ${I} - 1u)`, c.rows.a, sizes)};`)}
${each(columns, (j) => `    let bColumn${j} = bBatch + ${scaled(`min(column + ${j * lanes}u, ${J} - 1u)`, c.columns.b, sizes)};`)}
${each(rows, (r) => `    ${each(columns, (j) => `var sum${r}_${j} = 0.0;`, " ")}`)}
    for (var k = 0u; k < ${sizes.of(c.inner.size)}; k++) {
      let aStep = ${scaled("k", c.inner.a, sizes)}; let bStep = ${scaled("k", c.inner.b, sizes)};
${each(columns, (j) => `      let b${j} = ${load("b", b, `bColumn${j} + bStep`)};`)}
${each(rows, (r) => `      let a${r} = ${load("a", a, `aRow${r} + aStep`)}; ${each(columns, (j) => `sum${r}_${j} += a${r} * b${j};`, " ")}`)}
    }
    let first = batch * ${I};
${each(rows, (r) => each(columns, (j) => `    if (row + ${r}u < ${I} && column + ${j * lanes}u < ${J}) { out[(first + row + ${r}u) * ${J} + column + ${j * lanes}u] = sum${r}_${j}; }`))}
  }`;
};

/**
 * Each invocation computes a block of rows x columns of one batch after another; its columns lie 64 apart, so neighbours
 * read and write side by side. Workgroup 64 x 1, no workgroup memory, one f32 accumulator per element. Hazards: a batched
 * product of more than 65535 · 4 rows is refused at dispatch.
 */
export const strided = (name: string, c: Contraction, a: Operand, b: Operand): Kernel => {
  const sizes = sizeNames();
  const code = body(c, a, b, sizes);
  const uniforms = sizes.uniforms();
  const batches = product(c.batch.map((x) => x.size));
  return {
    name,
    bindings: ["read", "read", "write"],
    uniforms,
    workgroups: [
      count(c.columns.size, blockOf(c.columns.size) * lanes),
      count(c.rows.size, blockOf(c.rows.size)),
      count(batches),
    ],
    axes: batches === 1 ? "xy" : "xyz",
    wgsl: `${declareOperand(0, "a", a)}
${declareOperand(1, "b", b)}
${declareStorage(2, "out", "array<f32>", "write")}
${declareUniforms(
  3,
  uniforms.map((u) => u.name),
)}
@compute @workgroup_size(${lanes})
fn main(${groupParameters}, @builtin(local_invocation_index) lane: u32) {
${code}
}
`,
  };
};

/** `[…, i, k] · […, k, j] → […, i, j]` of row-major operands whose leading axes broadcast to those of `out`. */
export const contraction = (name: string, a: Operand, b: Operand, out: Shape): Kernel => {
  const lead = out.slice(0, -2);
  const leadStrides = ({ shape }: Operand): readonly Dim[] => {
    const own = stridesOf(shape).slice(0, -2);
    return broadcastStrides(shape.slice(0, -2), lead).map((s, k) =>
      s === 0 ? 0 : (own[k - (lead.length - own.length)] ?? 0),
    );
  };
  const [aLead, bLead] = [leadStrides(a), leadStrides(b)];
  const batch = lead.map((size, k) => ({ size, a: aLead[k] ?? 0, b: bLead[k] ?? 0 })).filter((x) => x.size !== 1);
  const inner = a.shape.at(-1) ?? 1;
  const columns = out.at(-1) ?? 1;
  return strided(
    name,
    {
      batch,
      rows: { size: out.at(-2) ?? 1, a: inner },
      columns: { size: columns, b: 1 },
      inner: { size: inner, a: 1, b: columns },
    },
    a,
    b,
  );
};
