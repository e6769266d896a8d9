// Kernels of the decomposition: seeds, mixing and unpacking of parts, dense `[M, T, …]` or as packed rows (parts/packed.ts).
import { type Dim, plus, product, times } from "@depass/graph";
import type { Kernel } from "../kernel.ts";
import { broadcastIndex } from "./elementwise.ts";
import { perIndex, type Result } from "./invocation.ts";
import { range } from "./matmul/frame.ts";
import { load, loadIndex, notANumber, type Operand, type SizeNames } from "./operand.ts";
import { inner, type Packed, rowsOf, wholeRow, withRows } from "./parts/packed.ts";

/** Each token's row of x for each of its parts: `[T, …] → [R, …]`; one invocation per element. */
export const tokenRows = (name: Result, x: Operand, p: Packed): Kernel => {
  const size = times(rowsOf(p), inner(x.shape));
  return withRows(
    p.extras,
    perIndex(name, size, [x], ([x0], sizes) => {
      const width = sizes.of(inner(x.shape));
      return `  out[i] = ${load(x0 as string, x, `token_of(${wholeRow(`i / ${width}`, p, sizes)}) * ${width} + i % ${width}`)};`;
    }),
  );
};

/** The token seed, packed: `[T, D] → [R, D]`, a token's own row and zeros. */
export const seedRows = (name: Result, x: Operand, p: Packed): Kernel => {
  const size = times(rowsOf(p), inner(x.shape));
  return withRows(
    p.extras,
    perIndex(name, size, [x], ([x0], sizes) => {
      const width = sizes.of(inner(x.shape));
      return `  let row = ${wholeRow(`i / ${width}`, p, sizes)};
  let token = token_of(row);
  out[i] = select(0.0, ${load(x0 as string, x, `token * ${width} + i % ${width}`)}, row == first_row(token) + token);`;
    }),
  );
};

/** The token seed: `[T, D] → [T + extras, T, D]`. */
export const tokenParts = (name: string, x: Operand, extras: number): Kernel => {
  const tokens = x.shape[0] as Dim;
  const size = times(plus(tokens, extras), product(x.shape));
  return perIndex(name, size, [x], ([x0], sizes) => {
    const [T, width] = [sizes.of(tokens), sizes.of(inner(x.shape))];
    return `  let token = (i / ${width}) % ${T};
  let part = i / (${width} * ${T});
  out[i] = select(0.0, ${load(x0 as string, x, `token * ${width} + i % ${width}`)}, part == token);`;
  });
};

/**
 * Packed values `[R, K, F]` mixed by causal weights `[H, T, T]` → `[R, H, F]`. One invocation per (row, K, column) runs over
 * the tokens from the part's first to the row's own. It keeps in registers the H/K heads that share a value and `spread`
 * elements of F, which lie `F / spread` apart: each weight is read once for all of them, and neighbours stay side by side.
 */
export const attendRows = (name: Result, weights: Operand, v: Operand, p: Packed): Kernel => {
  const heads = weights.shape[0] as number;
  const [groups, width] = v.shape.slice(1) as unknown as readonly [number, number];
  const each = heads / groups;
  const spread = width % 4 === 0 ? 4 : 1;
  const columns = width / spread;
  const perHead = (line: (g: number) => string): string => range(each).map(line).join("\n");
  const perColumn = (line: (c: number) => string): string => range(spread).map(line).join(" ");
  return withRows(
    p.extras,
    perIndex(name, times(rowsOf(p), groups * columns), [weights, v], ([x0, x1], sizes) => {
      const T = sizes.of(p.tokens);
      return `  let f = i % ${columns}u;
  let group_kv = (i / ${columns}u) % ${groups}u;
  let local = i / ${groups * columns}u;
  let row = ${wholeRow("local", p, sizes)};
  let token = token_of(row);
  let place = row - first_row(token);
  let extra = place > token;
  let a0 = (group_kv * ${each}u * ${T} + token) * ${T};
${perHead((g) => perColumn((c) => `  var total${g}_${c} = 0.0;`))}
  for (var j = select(place, 0u, extra); j <= token; j++) {
    let source = first_row(j) + select(place, j + place - token, extra);
    let v0 = (source * ${groups}u + group_kv) * ${width}u + f;
    ${perColumn((c) => `let x${c} = ${load(x1 as string, v, `v0 + ${c * columns}u`)};`)}
${perHead((g) => `    let w${g} = ${load(x0 as string, weights, `a0 + ${g}u * ${T} * ${T} + j`)}; ${perColumn((c) => `total${g}_${c} += w${g} * x${c};`)}`)}
  }
  let out0 = (local * ${heads}u + group_kv * ${each}u) * ${width}u + f;
${perHead((g) => perColumn((c) => `  out[out0 + ${g * width + c * columns}u] = total${g}_${c};`))}`;
    }),
  );
};

/** A constant added to one of the extras, packed. */
export const addToRows = (name: Result, rows: Operand, c: Operand, p: Packed & { readonly part: number }): Kernel =>
  withRows(
    p.extras,
    perIndex(name, product(rows.shape), [rows, c], ([x0, x1], sizes) => {
      const width = sizes.of(inner(rows.shape));
      const at = broadcastIndex(c.shape, [p.tokens, ...rows.shape.slice(1)], sizes, "at");
      return `  let row = ${wholeRow(`i / ${width}`, p, sizes)};
  let token = token_of(row);
  let at = token * ${width} + i % ${width};
  let mine = row == first_row(token) + token + ${1 + p.part}u;
  out[i] = ${load(x0 as string, rows, "i")} + select(0.0, ${load(x1 as string, c, at)}, mine);`;
    }),
  );

/** A constant added to one part of `[…, M, …]`, with `rank` axes behind it. */
export const addToPart = (name: string, parts: Operand, c: Operand, part: Dim, rank: number): Kernel =>
  perIndex(name, product(parts.shape), [parts, c], ([x0, x1], sizes) => {
    const one = parts.shape.slice(parts.shape.length - rank);
    const width = sizes.of(product(one));
    const at = broadcastIndex(c.shape, one, sizes, "at");
    const place =
      parts.shape.length > rank + 1 ? `(i / ${width}) % ${sizes.of(parts.shape.at(-1 - rank) as Dim)}` : `i / ${width}`;
    return `  let at = i % ${width};
  let mine = ${place} == ${sizes.of(part)};
  out[i] = ${load(x0 as string, parts, "i")} + select(0.0, ${load(x1 as string, c, at)}, mine);`;
  });

/** WGSL: element of the packed rows for `part`, `token`, `column`, or 0 where the part cannot reach. */
const reach = (rows: string, x: Operand, p: Packed, sizes: SizeNames): string => {
  const T = sizes.of(p.tokens);
  const width = sizes.of(inner(x.shape));
  return `  let named = part < ${T};
  let place = select(token + 1u + part - ${T}, part, named);
  let at = (first_row(token) + min(place, token + ${p.extras}u)) * ${width} + column;
  out[i] = select(${load(rows, x, "at")}, 0.0, named && part > token);`;
};

/** `[R, …] → [T + extras, T, …]`. */
export const unpackRows = (name: string, x: Operand, p: Packed): Kernel => {
  const size = times(times(plus(p.tokens, p.extras), p.tokens), inner(x.shape));
  return withRows(
    p.extras,
    perIndex(name, size, [x], ([x0], sizes) => {
      const [T, width] = [sizes.of(p.tokens), sizes.of(inner(x.shape))];
      return `  let column = i % ${width};
  let token = (i / ${width}) % ${T};
  let part = i / (${width} * ${T});
${reach(x0 as string, x, p, sizes)}`;
    }),
  );
};

/** The parts of the tokens at `position`: `[R, …], [P] → [T + extras, P, …]`. */
export const partsAt = (name: string, x: Operand, position: Operand, p: Packed): Kernel => {
  const places = product(position.shape);
  const size = times(times(plus(p.tokens, p.extras), places), inner(x.shape));
  return withRows(
    p.extras,
    perIndex(name, size, [x, position], ([x0, x1], sizes) => {
      const width = sizes.of(inner(x.shape));
      return `  let column = i % ${width};
  let j = (i / ${width}) % ${sizes.of(places)};
  let part = i / (${width} * ${sizes.of(places)});
  let asked = ${loadIndex(x1 as string, position, "j")};
  let token = min(asked, ${sizes.of(p.tokens)} - 1u);
${reach(x0 as string, x, p, sizes)}
  if (asked != token) { out[i] = ${notANumber("i")}; }`;
    }),
  );
};
