// How does a matrix product read numbers in the type they are stored in? f32 as it is; bf16 and f16 two to a 32-bit word, the
// even element in the low half. WGSL text only: declarations and decoding functions, f32 out.

import { declareStorage } from "../kernel.ts";

/** Types of weights on a device. */
export type WeightType = "f32" | "bf16" | "f16";

/** One element at a time, or four aligned ones. */
export type Width = 1 | 4;

const wordsOf: Readonly<Record<WeightType, Readonly<Record<Width, string>>>> = {
  f32: { 1: "f32", 4: "vec4f" },
  bf16: { 1: "u32", 4: "vec2u" },
  f16: { 1: "u32", 4: "vec2u" },
};

/** A bf16 is the upper half of an f32. The product stands for a shift by 16: SwiftShader shifts lane by lane. */
const pair: Readonly<Record<WeightType, (w: string) => string>> = {
  f32: (w) => w,
  bf16: (w) => `vec2f(bitcast<f32>(${w} * 65536u), bitcast<f32>(${w} & 0xffff0000u))`,
  f16: (w) => `unpack2x16float(${w})`,
};

const readers: Readonly<Record<Width, (name: string, type: WeightType) => string>> = {
  1: (name, type) =>
    type === "f32"
      ? `fn ${name}At(i: u32) -> f32 { return ${name}[i]; }`
      : `fn ${name}At(i: u32) -> f32 { let w = ${name}[i / 2u]; let p = ${pair[type]("w")}; return select(p.x, p.y, (i & 1u) == 1u); }`,
  4: (name, type) =>
    type === "f32"
      ? `fn ${name}At(i: u32) -> vec4f { return ${name}[i]; }`
      : `fn ${name}At(i: u32) -> vec4f { let w = ${name}[i]; return vec4f(${pair[type]("w.x")}, ${pair[type]("w.y")}); }`,
};

/** A read-only buffer of weights and `<name>At(i)`: element i, or elements 4i..4i+3 at width 4. */
export const declareWeights = (
  binding: number,
  name: string,
  type: WeightType,
  width: Width,
  /** WGSL: added to every i, for an operand that begins inside its buffer. */
  from?: string,
): string => {
  const reader = readers[width](name, type);
  const moved =
    from === undefined
      ? reader
      : reader.replace("(i: u32)", "(place: u32)").replace("{ ", `{ let i = place + ${from}; `);
  return `${declareStorage(binding, name, `array<${wordsOf[type][width]}>`, "read")}\n${moved}`;
};
