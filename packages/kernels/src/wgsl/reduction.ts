// Rows to numbers: sums, maxima, norm scales, softmax. One workgroup per row of the last axis, its invocations striding
// through the row, then a tree in workgroup memory; f32 throughout. `alongAxis` serves the other axes with one invocation
// per result, where neighbours read neighbouring elements.
import { type Dim, product, type Shape } from "@depass/graph";
import type { Kernel } from "../kernel.ts";
import { groupSize, perIndex, perRow } from "./invocation.ts";
import { load, type Operand } from "./operand.ts";

const combine = { sum: "a + b", max: "max(a, b)" } as const;
const start = { sum: "0.0", max: "-3.402823466e38" } as const;
type Reduction = keyof typeof combine;

/** WGSL: `reduce_<how>(x, lane)` over the workgroup; every invocation gets the result. */
const tree = (how: Reduction): string => `fn merge_${how}(a: f32, b: f32) -> f32 { return ${combine[how]}; }
fn reduce_${how}(x: f32, lane: u32) -> f32 {
  lanes[lane] = x;
  workgroupBarrier();
  for (var half = ${groupSize / 2}u; half > 0u; half >>= 1u) {
    if (lane < half) { lanes[lane] = merge_${how}(lanes[lane], lanes[lane + half]); }
    workgroupBarrier();
  }
  let total = lanes[0];
  workgroupBarrier();
  return total;
}`;

const shared = (...how: readonly Reduction[]): string =>
  [`var<workgroup> lanes: array<f32, ${groupSize}>;`, ...how.map(tree)].join("\n");

/** WGSL: a variable `name` with the reduction of `of` (a formula in the element `x`) over the row. */
const overRow = (name: string, how: Reduction, of: string, read: string, width: string): string =>
  `  var part_${name} = ${start[how]};
  for (var k = lane; k < ${width}; k += ${groupSize}u) {
    let x = ${read};
    part_${name} = merge_${how}(part_${name}, ${of});
  }
  let ${name} = reduce_${how}(part_${name}, lane);`;

const rowsOf = (shape: Shape): Dim => product(shape.slice(0, -1));

/** Sum or maximum of each row of the last axis: `[…, D] → […, 1]`. */
export const rowReduction = (name: string, how: Reduction, x: Operand): Kernel =>
  perRow(name, rowsOf(x.shape), [x], shared(how), ([x0], sizes) => {
    const width = sizes.of(x.shape.at(-1) as Dim);
    return `${overRow("total", how, "x", load(x0 as string, x, `row * ${width} + k`), width)}
  if (lane == 0u) { out[row] = total; }`;
  });

/** Sum or maximum along the axis of that index, one invocation per result. */
export const alongAxis = (name: string, how: Reduction, x: Operand, axis: number): Kernel => {
  const inner = product(x.shape.slice(axis + 1));
  const results = product([...x.shape.slice(0, axis), ...x.shape.slice(axis + 1)]);
  return perIndex(name, results, [x], ([x0], sizes) => {
    const [along, step] = [sizes.of(x.shape[axis] as Dim), sizes.of(inner)];
    return `  let first = (i / ${step}) * ${along} * ${step} + i % ${step};
  var total = ${start[how]};
  for (var k = 0u; k < ${along}; k++) {
    let b = ${load(x0 as string, x, `first + k * ${step}`)};
    let a = total;
    total = ${combine[how]};
  }
  out[i] = total;`;
  });
};

/** 1/√(mean x² + eps), or around the mean for layer norm: `[…, D] → […, 1]`. */
export const normScale = (name: string, kind: "rms" | "layer", x: Operand, eps: number): Kernel =>
  perRow(name, rowsOf(x.shape), [x], shared("sum"), ([x0], sizes) => {
    const width = sizes.of(x.shape.at(-1) as Dim);
    const read = load(x0 as string, x, `row * ${width} + k`);
    const center =
      kind === "rms"
        ? "  let center = 0.0;"
        : `${overRow("total", "sum", "x", read, width)}\n  let center = total / f32(${width});`;
    return `${center}
${overRow("squares", "sum", "(x - center) * (x - center)", read, width)}
  if (lane == 0u) { out[row] = 1.0 / sqrt(squares / f32(${width}) + f32(${eps})); }`;
  });

/** Softmax of each row of the last axis. */
export const softmaxRows = (name: string, x: Operand): Kernel =>
  perRow(name, rowsOf(x.shape), [x], shared("max", "sum"), ([x0], sizes) => {
    const width = sizes.of(x.shape.at(-1) as Dim);
    const read = load(x0 as string, x, `row * ${width} + k`);
    return `${overRow("top", "max", "x", read, width)}
${overRow("total", "sum", "exp_of(x - top)", read, width)}
  for (var k = lane; k < ${width}; k += ${groupSize}u) { out[row * ${width} + k] = exp_of(${read} - top) / total; }`;
  });
