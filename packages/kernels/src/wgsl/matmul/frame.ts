// What do all variants of the matrix product share? Sizes, buffers, the epilogue and the text around a body.
// out[R, N] = a[R, Kd] · b[N, Kd]^T (+ bias[N]) (+ residual[R, N]), f32 accumulation; b as stored: [out, in].

import { type Dim, over } from "@depass/graph";
import { declareStorage, declareUniforms, groupParameters, type Kernel } from "../../kernel.ts";
import { declareWeights, type WeightType, type Width } from "../weights.ts";

export type Product = {
  /** R: rows of a, usually symbolic. */
  readonly rows: Dim;
  /** Kd: the summed width. A number lets a variant read four elements at once. */
  readonly inner: Dim;
  /** N: rows of b. */
  readonly columns: Dim;
  /** How a is stored; activations are f32. */
  readonly left: WeightType;
  /** How b is stored. */
  readonly weights: WeightType;
  readonly bias?: boolean;
  readonly residual?: boolean;
  /** Elements at which a, residual and out begin in their buffers, where they are tiles of whole ones. */
  readonly from?: { readonly a?: Dim; readonly residual?: Dim; readonly out?: Dim };
};

export type Body = {
  readonly name: string;
  readonly width: Width;
  readonly workgroup: readonly [number, number];
  /** Elements of out per workgroup: columns along x, rows along y. */
  readonly tile: { readonly rows: number; readonly columns: number };
  /** Before the entry point: extensions, workgroup variables, functions. */
  readonly enable?: string;
  readonly declare?: string;
  readonly code: string;
};

export const range = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i);
export const lines = (n: number, line: (i: number) => string): string => range(n).map(line).join("\n");

const optional = (p: Product): readonly string[] => [...(p.bias ? ["bias"] : []), ...(p.residual ? ["residual"] : [])];

/** `store(row, column, sum)` guards the edge, so bodies may run over it. */
const epilogue = (p: Product): string => {
  const at = (name: "residual" | "out"): string => (p.from?.[name] === undefined ? "at" : `at + sizes.${name}From`);
  const residual = p.residual ? [`residual[${at("residual")}]`] : [];
  const terms = ["sum", ...(p.bias ? ["bias[column]"] : []), ...residual].join(" + ");
  return `fn store(row: u32, column: u32, sum: f32) {
  if (row < sizes.rows && column < sizes.columns) { let at = row * sizes.columns + column; out[${at("out")}] = ${terms}; }
}`;
};

/** Buffers in order: a, b, bias?, residual?, out. */
export const assemble = (name: string, p: Product, body: Body): Kernel => {
  const extra = optional(p);
  const out = 2 + extra.length;
  const moved = Object.entries(p.from ?? {}).map(([name, value]) => ({
    name: `${name}From`,
    value: name === "a" ? over(value, body.width) : value,
  }));
  const uniforms = [
    { name: "rows", value: p.rows },
    { name: "inner", value: p.inner },
    { name: "columns", value: p.columns },
    ...moved,
  ];
  const wgsl = `${body.enable ?? ""}${declareWeights(0, "a", p.left, body.width, p.from?.a === undefined ? undefined : "sizes.aFrom")}
${declareWeights(1, "b", p.weights, body.width)}
${lines(extra.length, (i) => declareStorage(2 + i, extra[i] ?? "", "array<f32>", "read"))}
${declareStorage(out, "out", "array<f32>", "write")}
${declareUniforms(
  out + 1,
  uniforms.map((u) => u.name),
)}
${epilogue(p)}
${body.declare ?? ""}
@compute @workgroup_size(${body.workgroup.join(", ")})
fn main(${groupParameters}, @builtin(local_invocation_id) local: vec3u) {
${body.code}
}
`;
  return {
    name: `${name} (${[p.weights, body.name, ...extra].join(", ")})`,
    wgsl,
    bindings: ["read", "read", ...extra.map(() => "read" as const), "write"],
    uniforms,
    workgroups: [
      { size: p.columns, per: body.tile.columns },
      { size: p.rows, per: body.tile.rows },
      { size: 1, per: 1 },
    ],
    axes: "xy",
  };
};

/** Four elements at once only where no row ends inside four. */
export const widthFor = (p: Product): Width => (typeof p.inner === "number" && p.inner % 4 === 0 ? 4 : 1);
