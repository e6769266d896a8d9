// Element-wise expressions, however deep, as one kernel: one invocation computes one element of the result, reading every
// operand once. Operands broadcast; a plain number is a literal. No workgroup memory, no hazards: `out` is never an input.
import { type Dim, type Expr, internal, product, type Shape, sameDim, sameShape } from "@depass/graph";
import type { Kernel } from "../kernel.ts";
import { perIndex, type Result } from "./invocation.ts";
import { load, type Operand, type SizeNames } from "./operand.ts";

/** Ops of one element each, as WGSL over WGSL. */
const formulas: Readonly<Partial<Record<Expr["op"], (...x: readonly string[]) => string>>> = {
  neg: (x) => `(-${x})`,
  exp: (x) => `exp_of(${x})`,
  log: (x) => `log_of(${x})`,
  sqrt: (x) => `sqrt(${x})`,
  sin: (x) => `sin_of(${x})`,
  cos: (x) => `cos_of(${x})`,
  tanh: (x) => `tanh_of(${x})`,
  erf: (x) => `erf_of(${x})`,
  roundF32: (x) => `${x}`,
  freeze: (x) => `${x}`,
  add: (a, b) => `(${a} + ${b})`,
  sub: (a, b) => `(${a} - ${b})`,
  mul: (a, b) => `(${a} * ${b})`,
  div: (a, b) => `(${a} / ${b})`,
  maximum: (a, b) => `max(${a}, ${b})`,
  less: (a, b) => `select(0.0, 1.0, ${a} < ${b})`,
  equal: (a, b) => `select(0.0, 1.0, ${a} == ${b})`,
  where: (c, a, b) => `select(${b}, ${a}, ${c} != 0.0)`,
};

/** Whether an op works element by element, so that it can be part of a fused kernel. */
export const isElementwise = (x: Expr): boolean => formulas[x.op] !== undefined;

/** An expression of a fused kernel: an operand by number, a literal, or an op of these. */
export type Fused =
  | { readonly kind: "operand"; readonly index: number }
  | { readonly kind: "literal"; readonly value: number }
  | { readonly kind: "op"; readonly op: Expr["op"]; readonly inputs: readonly Fused[] };

const literal = (value: number): string => {
  const text = Math.fround(value).toString();
  return /[.e]/.test(text) ? `f32(${text})` : `f32(${text}.0)`;
};

/** WGSL: which element of an operand meets element `i` (or what stands in its place) of a result of shape `out`. */
export const broadcastIndex = (own: Shape, out: Shape, sizes: SizeNames, i = "i"): string => {
  const lead = out.length - own.length;
  if (sameShape(own, out)) return i;
  const first = own.findIndex((d) => d !== 1);
  if (first < 0) return "0u";
  const last = own.findLastIndex((d) => d !== 1);
  const contiguous = own.slice(first, last + 1).every((d, k) => sameDim(d, out[lead + first + k] as Dim));
  if (!contiguous) return stridedIndex(own, out, sizes, i);
  const after = product(out.slice(lead + last + 1));
  const within = product(own.slice(first, last + 1));
  const shifted = after === 1 ? i : `(${i} / ${sizes.of(after)})`;
  return lead + first === 0 ? shifted : `(${shifted} % ${sizes.of(within)})`;
};

/** The general form: every coordinate by itself. */
const stridedIndex = (own: Shape, out: Shape, sizes: SizeNames, i: string): string => {
  const lead = out.length - own.length;
  const terms = own.flatMap((d, k) => {
    if (d === 1) return [];
    const coordinate = `((${i} / ${sizes.of(product(out.slice(lead + k + 1)))}) % ${sizes.of(out[lead + k] as Dim)})`;
    return [`${coordinate} * ${sizes.of(product(own.slice(k + 1)))}`];
  });
  return `(${terms.join(" + ")})`;
};

/** One kernel for a fused expression over operands, with a result of shape `shape`. */
export const elementwise = (result: Result, shape: Shape, root: Fused, operands: readonly Operand[]): Kernel => {
  return perIndex(result, product(shape), operands, (names, sizes) => {
    const loads = operands.map(
      (o, k) => `  let x${k} = ${load(names[k] as string, o, broadcastIndex(o.shape, shape, sizes))};`,
    );
    return `${loads.join("\n")}\n  out[i] = ${formula(root)};`;
  });
};

const formula = (x: Fused): string => {
  if (x.kind === "operand") return `x${x.index}`;
  if (x.kind === "literal") return literal(x.value);
  const write = formulas[x.op] ?? internal(`${x.op} is not element-wise`);
  return write(...x.inputs.map(formula));
};
