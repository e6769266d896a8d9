// Rows to numbers: sums, maxima, norm scales, softmax. A team per row of the last axis: a workgroup whose invocations stride
// through the row, then a tree in workgroup memory, or one invocation that goes through it in blocks; f32 throughout.
// `alongAxis` serves the other axes with one invocation per result, where neighbours read neighbouring elements.
import { type Dim, product } from "@depass/graph";
import type { Kernel } from "../kernel.ts";
import { groupSize, perIndex, perRow, shareOf, type Team } from "./invocation.ts";
import { load, type Operand } from "./operand.ts";

const combine = { sum: "a + b", max: "max(a, b)" } as const;
const start = { sum: "0.0", max: "-3.402823466e38" } as const;
type Reduction = keyof typeof combine;

const merge = (how: Reduction): string => `fn merge_${how}(a: f32, b: f32) -> f32 { return ${combine[how]}; }`;

/** WGSL: `reduce_<how>(x, lane)` over the workgroup; every invocation gets the result. */
const tree = (how: Reduction): string => `fn reduce_${how}(x: f32, lane: u32) -> f32 {
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

/** A kernel per row whose bodies reduce in these ways. */
const perReducedRow = (
  name: string,
  x: Operand,
  team: Team,
  how: readonly Reduction[],
  body: (read: string, width: string) => string,
): Kernel => {
  const kernel = perRow(name, product(x.shape.slice(0, -1)), [x], team, shared(...how), ([x0], sizes) => {
    const width = sizes.of(x.shape.at(-1) as Dim);
    return body(load(x0 as string, x, `row * ${width} + k`), width);
  });
  return { ...kernel, wgsl: `${how.map(merge).join("\n")}\n${kernel.wgsl}` };
};

/** What an invocation alone adds up before it goes on: long sums then lose as few digits as in a tree. */
const block = 64;

/** WGSL: a variable `name` with the reduction of `of` (a formula in the element `x`) over the row. */
const overRow = (name: string, how: Reduction, of: string, read: string, width: string, team: Team): string => {
  const take = (into: string): string => `{ let x = ${read}; ${into} = merge_${how}(${into}, ${of}); }`;
  return team === 1
    ? `  var ${name} = ${start[how]};
  for (var first = 0u; first < ${width}; first += ${block}u) {
    var part = ${start[how]};
    for (var k = first; k < min(first + ${block}u, ${width}); k++) ${take("part")}
    ${name} = merge_${how}(${name}, part);
  }`
    : `  var part_${name} = ${start[how]};
  ${shareOf(team, "k", width)} ${take(`part_${name}`)}
  let ${name} = reduce_${how}(part_${name}, lane);`;
};

/** WGSL: once per row. */
const byOne = (team: Team, statement: string): string =>
  team === 1 ? `  ${statement}` : `  if (lane == 0u) { ${statement} }`;

/** Sum or maximum of each row of the last axis: `[…, D] → […, 1]`. */
export const rowReduction = (name: string, how: Reduction, x: Operand, team: Team = groupSize): Kernel =>
  perReducedRow(
    name,
    x,
    team,
    [how],
    (read, width) => `${overRow("total", how, "x", read, width, team)}\n${byOne(team, "out[row] = total;")}`,
  );

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
export const normScale = (
  name: string,
  kind: "rms" | "layer",
  x: Operand,
  eps: number,
  team: Team = groupSize,
): Kernel =>
  perReducedRow(name, x, team, ["sum"], (read, width) => {
    const center =
      kind === "rms"
        ? "  let center = 0.0;"
        : `${overRow("total", "sum", "x", read, width, team)}\n  let center = total / f32(${width});`;
    return `${center}
${overRow("squares", "sum", "(x - center) * (x - center)", read, width, team)}
${byOne(team, `out[row] = 1.0 / sqrt(squares / f32(${width}) + f32(${eps}));`)}`;
  });

/** Softmax of each row of the last axis. */
export const softmaxRows = (name: string, x: Operand, team: Team = groupSize): Kernel =>
  perReducedRow(
    name,
    x,
    team,
    ["max", "sum"],
    (read, width) => `${overRow("top", "max", "x", read, width, team)}
${overRow("total", "sum", "exp_of(x - top)", read, width, team)}
  ${shareOf(team, "k", width)} { out[row * ${width} + k] = exp_of(${read} - top) / total; }`,
  );
