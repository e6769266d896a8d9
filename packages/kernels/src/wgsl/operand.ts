// A kernel's view of one operand: its stored type, its shape, and the WGSL that reads one element as f32.
// bf16 and f16 lie two to a u32 word, the earlier element in the lower half; blocks lie as blocks.ts says.
import type { BlockFormat, Dim, DType, Shape } from "@depass/graph";
import { isBlocks } from "../blocks.ts";
import { declareStorage } from "../kernel.ts";
import { oneOfFour, readBlocks } from "./blocks.ts";

export type Stored = Exclude<DType, "f64"> | BlockFormat;

export type Operand = {
  readonly dtype: Stored;
  readonly shape: Shape;
  /** Where in its buffer the operand begins, in elements: a tile of rows of a whole buffer. */
  readonly from?: Dim;
};

/** WGSL: the read-only buffer of an operand, and what reads blocks. */
export const declareOperand = (binding: number, name: string, { dtype }: Operand): string => {
  const words = dtype === "f32" || dtype === "i32" ? dtype : "u32";
  const buffer = declareStorage(binding, name, `array<${words}>`, "read");
  return isBlocks(dtype)
    ? `${buffer}\n${readBlocks(name, dtype)}\nfn ${name}At(i: u32) -> f32 { ${oneOfFour(name)} }`
    : buffer;
};

/** WGSL: element `index` of an operand, as f32. */
export const load = (name: string, { dtype, from }: Operand, at: string): string => {
  const index = from === undefined ? at : `${sizeText(from)} + ${at}`;
  if (dtype === "f32") return `${name}[${index}]`;
  if (dtype === "i32") return `f32(${name}[${index}])`;
  if (isBlocks(dtype)) return `${name}At(${index})`;
  const word = `${name}[(${index}) >> 1u]`;
  const upper = `((${index}) & 1u)`;
  return dtype === "bf16"
    ? `bitcast<f32>((${word} >> (16u * ${upper})) << 16u)`
    : `unpack2x16float(${word} >> (16u * ${upper})).x`;
};

/** WGSL: element `index` of an index operand, as u32; one below 0 becomes one above any axis. */
export const loadIndex = (name: string, operand: Operand, index: string): string =>
  operand.dtype === "i32" ? `u32(${name}[${index}])` : `u32(i32(floor(${load(name, operand, index)} + 0.5)))`;

/** WGSL: NaN, for what a computed index out of range reads; `any` is some u32 variable: a constant NaN is no WGSL. */
export const notANumber = (any: string): string => `bitcast<f32>(0x7fc00000u | (${any} & 1u))`;

/** A uniform's name is its formula, so that a kernel can be read and any emitter finds it. */
const uniformName = (d: Exclude<Dim, number>): string =>
  `s_${[...d.text].map((c) => ({ "+": "_plus_", "-": "_minus_", "/": "_over_", "·": "_times_", "^": "_to_" })[c] ?? (/\w/.test(c) ? c : "_")).join("")}`;

/** WGSL for a size, as u32; a symbolic one must be among the kernel's uniforms. */
const sizeText = (d: Dim): string => (typeof d === "number" ? `${d}u` : `sizes.${uniformName(d)}`);

/** Symbolic sizes that a kernel reads: each distinct one becomes a uniform, each plain number a literal. */
export type SizeNames = {
  /** WGSL for a size, as u32. */
  readonly of: (d: Dim) => string;
  /** The uniforms met so far, in order. */
  readonly uniforms: () => readonly { readonly name: string; readonly value: Dim }[];
};

export const sizeNames = (): SizeNames => {
  const known = new Map<string, { readonly name: string; readonly value: Dim }>();
  return {
    of: (d) => {
      if (typeof d !== "number") known.set(d.text, { name: uniformName(d), value: d });
      return sizeText(d);
    },
    uniforms: () => [...known.values()],
  };
};
