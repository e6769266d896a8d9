// WGSL that reads weights in blocks (kernels/blocks.ts), sixteen values at a time: what half a block has in common is worked
// out once. Values are those that unpacking on the host gives, but for the sign of a zero: all is exact in f32 but the one sum
// that the formats have, which is rounded once, fused or not.
import type { BlockFormat } from "@depass/graph";
import { groupLayouts } from "../blocks.ts";

/**
 * A binary16 in the lower bits of h. WGSL lets unpack2x16float take subnormals for zero, and scales below 6e-5 are ordinary;
 * products stand for shifts to the left, which SwiftShader does lane by lane.
 */
const half = (name: string): string => `fn ${name}Half(h: u32) -> f32 {
  let m = h & 0x7fffu;
  let x = select(bitcast<f32>(m * 8192u + 0x38000000u), f32(m) * 0x1p-24f, m < 0x400u);
  return select(x, -x, h > 0x7fffu);
}`;

/** What a byte is worth in its place of a word. */
const places = "vec4f(1.0, 0x1p-8f, 0x1p-16f, 0x1p-24f)";
/** WGSL: the scale of a block of two that share a word of scales. */
const ofTwo = (name: string): string => `${name}Half(select(word & 0xffffu, word >> 16u, (block & 1u) == 1u))`;
/** WGSL: the second sixteen values of a block are the upper halves of its bytes. */
const upper = "(i & 4u) != 0u";
const nibbles = `select(0x0f0f0f0fu, 0xf0f0f0f0u, ${upper}), scale * select(1.0, 0.0625, ${upper}) * ${places}`;

type Reader = {
  /** WGSL, given `word`, `block` and `at`, where the words of integers begin: `scale`, and a run's members. */
  readonly run: (name: string) => string;
  /** WGSL: the four integers of `w`, each times what its place is not worth. */
  readonly integers: string;
};

/** Conversions from i32 are one instruction of a processor, those from u32 several; only an uppermost half byte needs one. */
const readers: Readonly<Record<BlockFormat, Reader>> = {
  // The lower three bytes are counted from -128 on; the uppermost has its sign where a word has it.
  q8_0: {
    run: (name) => `let scale = ${ofTwo(name)};
  return ${name}Run(at + (block & 1u) * 8u + (i & 4u), 0x00808080u, scale * ${places}, vec4f(vec3f(-128.0 * scale), 0.0));`,
    integers: "vec4f(vec4i(bitcast<i32>(w ^ run.mask)) & vec4i(0xff, 0xff00, 0xff0000, -0x1000000))",
  },
  q4_0: {
    run: (name) => `let scale = ${ofTwo(name)};
  return ${name}Run(at + (block & 1u) * 4u, ${nibbles}, vec4f(-8.0 * scale));`,
    integers:
      "vec4f(vec3f(vec3i(bitcast<i32>(w & run.mask)) & vec3i(0xff, 0xff00, 0xff0000)), f32(w & run.mask & 0xff000000u))",
  },
  q4_1: {
    run: (name) => `let scale = ${name}Half(word & 0xffffu);
  return ${name}Run(at, ${nibbles}, vec4f(${name}Half(word >> 16u)));`,
    integers:
      "vec4f(vec3f(vec3i(bitcast<i32>(w & run.mask)) & vec3i(0xff, 0xff00, 0xff0000)), f32(w & run.mask & 0xff000000u))",
  },
};

/**
 * `<name>RunAt(i)`: what the sixteen values from 4i on have in common, i a multiple of 4; `<name>In(run, j)`: four of them,
 * from the 4j-th on; `<name>Four(i)`: values 4i..4i+3 of the buffer.
 */
export const readBlocks = (name: string, format: BlockFormat): string => {
  const { blocks, words } = groupLayouts[format];
  const { run, integers } = readers[format];
  return `struct ${name}Run { at: u32, mask: u32, places: vec4f, least: vec4f }
${half(name)}
fn ${name}RunAt(i: u32) -> ${name}Run {
  let block = i >> 3u;
  let group = ${blocks === 1 ? "block" : "(block >> 1u)"} * ${words}u;
  let word = ${name}[group];
  let at = group + 1u;
  ${run(name)}
}
fn ${name}In(run: ${name}Run, j: u32) -> vec4f {
  let w = ${name}[run.at + j];
  return ${integers} * run.places + run.least;
}
fn ${name}Four(i: u32) -> vec4f { return ${name}In(${name}RunAt(i & 0xfffffffcu), i & 3u); }`;
};

/** WGSL: value i, by `<name>Four`. */
export const oneOfFour = (name: string): string => `let four = ${name}Four(i / 4u); return four[i & 3u];`;
