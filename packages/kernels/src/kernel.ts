// What is a kernel, before any device is there? WGSL text, its buffers in order, its sizes and its dispatch size as
// formulas in the symbols of a plan (T tokens, M parts, …). A run only evaluates the formulas: text and pipeline stay.

import { type Dim, type Fault, fault, type Sizes, showDim, valueOf } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";

/** Groups along one axis: ceil(size / per). */
export type Count = { readonly size: Dim; readonly per: number };

/**
 * `bindings` are the storage buffers 0..n-1 of group 0, by access; where there are uniforms, binding n is one struct of
 * their u32s in this order. `workgroups` may be longer than a device allows along the last axis in use (see `Axes`); the
 * end is ragged then and bodies guard it.
 */
export type Kernel = {
  readonly name: string;
  readonly wgsl: string;
  readonly bindings: readonly ("read" | "write")[];
  readonly uniforms: readonly { readonly name: string; readonly value: Dim }[];
  readonly workgroups: readonly [Count, Count, Count];
  /** Default `x`. */
  readonly axes?: Axes;
};

/**
 * How a body finds its place, which says how an overlong dispatch is made legal. `x`: by `flatX` alone, x spills into y.
 * `xy`: by `group.x` and `flatY`, y spills into z. `xyz`: it walks along z in strides of `groups.z`, z is cut.
 */
export type Axes = "x" | "xy" | "xyz";

export const count = (size: Dim, per = 1): Count => ({ size, per });
export const once: Count = count(1);

/** WebGPU's limit in every implementation there is. */
export const maxGroups = 65535;

/** WGSL: the builtins every entry point here takes, as its parameters. */
export const groupParameters = `@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u`;
/** WGSL: the group's number along x in a kernel of axes `x`; may exceed the count, so guard. */
export const flatX = "(group.x + group.y * groups.x)";
/** WGSL: the group's number along y in a kernel of axes `xy`; may exceed the count, so guard. */
export const flatY = "(group.y + group.z * groups.y)";

/** WGSL: the uniform struct and its variable `sizes`, or nothing. */
export const declareUniforms = (binding: number, names: readonly string[]): string =>
  names.length === 0
    ? ""
    : `struct Sizes { ${names.map((n) => `${n}: u32`).join(", ")} }\n@group(0) @binding(${binding}) var<uniform> sizes: Sizes;`;

/** WGSL: a storage buffer. */
export const declareStorage = (binding: number, name: string, type: string, access: "read" | "write"): string =>
  `@group(0) @binding(${binding}) var<storage, ${access === "read" ? "read" : "read_write"}> ${name}: ${type};`;

const spread = (from: number): readonly [number, number] => {
  const pieces = Math.max(1, Math.ceil(from / maxGroups));
  return [Math.ceil(from / pieces), pieces];
};

type Groups = readonly [number, number, number];

const legal: Readonly<Record<Axes, (groups: Groups) => Groups>> = {
  x: ([x]) => [...spread(x), 1],
  xy: ([x, y]) => [x, ...spread(y)],
  xyz: ([x, y, z]) => [x, y, Math.min(z, maxGroups)],
};

const evaluated = (kernel: string, what: string, d: Dim, sizes: Sizes): E.Either<Fault, number> => {
  const v = valueOf(d, sizes);
  return Number.isInteger(v) && v >= 0 && v < 2 ** 32
    ? E.right(v)
    : E.left(fault("bad-size", `${kernel}: ${what} = ${showDim(d)}`, "a whole number below 2^32", `${v}`));
};

const sequence = (values: readonly E.Either<Fault, number>[]): E.Either<readonly Fault[], readonly number[]> => {
  const faults = values.flatMap((v) => (E.isLeft(v) ? [v.left] : []));
  return faults.length > 0 ? E.left(faults) : E.right(values.flatMap((v) => (E.isRight(v) ? [v.right] : [])));
};

/** The legal dispatch size under given symbol values; a 0 means that there is nothing to do. */
export const groupsOf = (kernel: Kernel, sizes: Sizes): E.Either<readonly Fault[], Groups> => {
  const asked = sequence(
    kernel.workgroups.map(({ size }, axis) => evaluated(kernel.name, `workgroups.${"xyz"[axis]}`, size, sizes)),
  );
  if (E.isLeft(asked)) return asked;
  const [x0 = 1, y0 = 1, z0 = 1] = asked.right.map((n, axis) => Math.ceil(n / (kernel.workgroups[axis]?.per ?? 1)));
  const [x, y, z] = legal[kernel.axes ?? "x"]([x0, y0, z0]);
  if (Math.max(x, y, z) <= maxGroups) return E.right([x, y, z]);
  return E.left([
    fault(
      "too-large",
      kernel.name,
      `at most ${maxGroups} groups an axis`,
      `${x} x ${y} x ${z}`,
      "run in smaller tiles",
    ),
  ]);
};

/** The uniform struct's words under given symbol values, padded to 16 bytes. */
export const uniformsOf = (kernel: Kernel, sizes: Sizes): E.Either<readonly Fault[], Uint32Array<ArrayBuffer>> => {
  const values = sequence(kernel.uniforms.map(({ name, value }) => evaluated(kernel.name, name, value, sizes)));
  if (E.isLeft(values)) return values;
  const words = new Uint32Array(Math.ceil(Math.max(1, values.right.length) / 4) * 4);
  words.set(values.right);
  return E.right(words);
};
