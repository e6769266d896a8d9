// How does a matrix product read numbers in the type they are stored in? f32 as it is; bf16 and f16 two to a 32-bit word, the
// even element in the low half; blocks by blocks.ts. WGSL text only: declarations and decoding functions, f32 out.

import type { BlockFormat } from "@depass/graph";
import { isBlocks } from "../blocks.ts";
import { declareStorage } from "../kernel.ts";
import { oneOfFour, readBlocks } from "./blocks.ts";

/** Types of weights on a device. */
export type WeightType = "f32" | "bf16" | "f16" | BlockFormat;

/** One element at a time, or four aligned ones. */
export type Width = 1 | 4;

type Halves = "bf16" | "f16";

const wordsOf = (type: WeightType, width: Width): string => {
  if (isBlocks(type)) return "u32";
  const isOne = width === 1;
  return type === "f32" ? (isOne ? "f32" : "vec4f") : isOne ? "u32" : "vec2u";
};

/** A bf16 is the upper half of an f32. The product stands for a shift by 16: SwiftShader shifts lane by lane. */
const pair: Readonly<Record<Halves, (w: string) => string>> = {
  bf16: (w) => `vec2f(bitcast<f32>(${w} * 65536u), bitcast<f32>(${w} & 0xffff0000u))`,
  f16: (w) => `unpack2x16float(${w})`,
};

const halves: Readonly<Record<Width, (name: string, type: Halves) => string>> = {
  1: (name, type) => `let w = ${name}[i / 2u]; let p = ${pair[type]("w")}; return select(p.x, p.y, (i & 1u) == 1u);`,
  4: (name, type) => `let w = ${name}[i]; return vec4f(${pair[type]("w.x")}, ${pair[type]("w.y")});`,
};

/** WGSL: what `<name>At(i)` does. */
const reading = (name: string, type: WeightType, width: Width): string => {
  if (type === "f32") return `return ${name}[i];`;
  if (!isBlocks(type)) return halves[width](name, type);
  return width === 4 ? `return ${name}Four(i);` : oneOfFour(name);
};

/** WGSL of every other type for what blocks have: sixteen values from 4i on, and four of them. */
const readRun = (name: string): string => `fn ${name}RunAt(i: u32) -> u32 { return i; }
fn ${name}In(run: u32, j: u32) -> vec4f { return ${name}At(run + j); }`;

/**
 * A read-only buffer of weights and `<name>At(i)`: element i, or elements 4i..4i+3 at width 4. At width 4 also
 * `<name>In(<name>RunAt(i), j)`: elements 4(i + j) and on, i a multiple of 4 and j below 4, which is cheaper for blocks.
 */
export const declareWeights = (
  binding: number,
  name: string,
  type: WeightType,
  width: Width,
  /** WGSL: added to every i, for an operand that begins inside its buffer. */
  from?: string,
): string => {
  const value = width === 4 ? "vec4f" : "f32";
  const text = reading(name, type, width);
  return [
    declareStorage(binding, name, `array<${wordsOf(type, width)}>`, "read"),
    ...(isBlocks(type) ? [readBlocks(name, type)] : []),
    from === undefined
      ? `fn ${name}At(i: u32) -> ${value} { ${text} }`
      : `fn ${name}At(place: u32) -> ${value} { let i = place + ${from}; ${text} }`,
    ...(width === 4 && !isBlocks(type) ? [readRun(name)] : []),
  ].join("\n");
};
