// The frame most kernels share: one invocation per output element (or per row), guarded at the end, sizes in a uniform.
// Emitters write the body; naming, declarations and dispatch size are the same everywhere.
import type { Dim } from "@depass/graph";
import { count, declareStorage, declareUniforms, flatX, groupParameters, type Kernel, once } from "../kernel.ts";
import { mathFor } from "./math.ts";
import { declareOperand, type Operand, type SizeNames, sizeNames } from "./operand.ts";

/** Invocations of a workgroup: a multiple of every GPU's subgroup, small enough for any device. */
export const groupSize = 64;

/** What a kernel is called and, where its result is a tile of a whole buffer, the element at which the tile begins. */
export type Result = string | { readonly name: string; readonly from: Dim };

type Body = (names: readonly string[], sizes: SizeNames) => string;

const inputNames = (inputs: readonly Operand[]): readonly string[] => inputs.map((_, i) => `in${i}`);

const frame = (
  result: Result,
  inputs: readonly Operand[],
  workgroups: Kernel["workgroups"],
  threads: number,
  write: (names: readonly string[], sizes: SizeNames) => string,
): Kernel => {
  const names = inputNames(inputs);
  const sizes = sizeNames();
  for (const { from } of inputs) if (from !== undefined) sizes.of(from);
  const body = placed(write(names, sizes), result, sizes);
  const uniforms = sizes.uniforms();
  const declarations = [
    mathFor(body),
    ...inputs.map((operand, i) => declareOperand(i, names[i] as string, operand)),
    declareStorage(inputs.length, "out", "array<f32>", "write"),
    declareUniforms(
      inputs.length + 1,
      uniforms.map((u) => u.name),
    ),
  ];
  return {
    name: typeof result === "string" ? result : result.name,
    bindings: [...inputs.map(() => "read" as const), "write"],
    uniforms,
    workgroups,
    wgsl: `${declarations.filter((d) => d !== "").join("\n")}
@compute @workgroup_size(${threads})
fn main(${groupParameters}, @builtin(local_invocation_index) lane: u32) {
${body}
}
`,
  };
};

/** Bodies address `out` from their tile's beginning; here that becomes the buffer's. */
const placed = (body: string, result: Result, sizes: SizeNames): string =>
  typeof result === "string" ? body : body.replaceAll(/\bout\[/g, `out[${sizes.of(result.from)} + `);

/**
 * One invocation per index `i` below `size`; consecutive invocations have consecutive indices. The body writes `out`.
 */
export const perIndex = (result: Result, size: Dim, inputs: readonly Operand[], body: Body): Kernel =>
  frame(result, inputs, [count(size, groupSize), once, once], groupSize, (names, sizes) => {
    const text = body(names, sizes);
    return `  let i = ${flatX} * ${groupSize}u + lane;\n  if (i >= ${sizes.of(size)}) { return; }\n${text}`;
  });

/**
 * How many invocations share a row. On software a barrier switches between threads of execution for every four of them
 * (0.2 µs each on SwiftShader, sixteen times a reduction): there, one does a row by itself.
 */
export type Team = 1 | typeof groupSize;

/**
 * WGSL: the header of a loop in which `k` takes the team's members through `from … below - 1`. Whoever has an index has it in
 * every loop of the team, for `from` is counted from the last multiple of the team's size: skip what stands before it.
 */
export const shareOf = (team: Team, k: string, below: string, from = "0u"): string => {
  const first = from === "0u" ? "lane" : `${from} / ${team}u * ${team}u + lane`;
  return `for (var ${k} = ${team === 1 ? from : first}; ${k} < ${below}; ${k} += ${team}u)`;
};

/**
 * A team per row `row` below `rows`; `lane` is the member's number. A team of many is a workgroup, `shared` declares its
 * memory, and the guard is uniform over it, so barriers in the body are allowed; a team of one has neither.
 */
export const perRow = (
  result: Result,
  rows: Dim,
  inputs: readonly Operand[],
  team: Team,
  shared: string,
  body: Body,
): Kernel => {
  if (team === 1) return perIndex(result, rows, inputs, (names, sizes) => `  let row = i;\n${body(names, sizes)}`);
  const kernel = frame(result, inputs, [count(rows), once, once], team, (names, sizes) => {
    const text = body(names, sizes);
    return `  let row = ${flatX};\n  if (row >= ${sizes.of(rows)}) { return; }\n${text}`;
  });
  return { ...kernel, wgsl: `${shared}\n${kernel.wgsl}` };
};
