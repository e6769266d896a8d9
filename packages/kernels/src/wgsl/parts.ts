// Kernels of the decomposition: seeds, mixing, sharing and unpacking of parts, dense `[M, T, …]` or as packed rows
// (graph/rows.ts): token n has the rows of parts 0 … n and then the extras, from row n(n+1)/2 + n·extras on.
import { type Dim, plus, product, rowCount, type Shape, type Shares, type Special, times } from "@depass/graph";
import type { Kernel } from "../kernel.ts";
import { broadcastIndex } from "./elementwise.ts";
import { perIndex, type Result } from "./invocation.ts";
import { range } from "./matmul/frame.ts";
import { load, loadIndex, notANumber, type Operand, type SizeNames } from "./operand.ts";

export type Packed = {
  readonly tokens: Dim;
  readonly extras: number;
  /** The tokens and rows that this kernel computes; all of them where it is absent. */
  readonly tile?: TokenTile;
};

/** Consecutive tokens with all their rows. Operands of the tile, and the result, are addressed from its first row. */
export type TokenTile = {
  readonly firstToken: Dim;
  readonly tokens: Dim;
  readonly firstRow: Dim;
  readonly rows: Dim;
};

const rowsOf = ({ tokens, extras, tile }: Packed): Dim => tile?.rows ?? rowCount(tokens, extras);
/** WGSL: a row or token counted in the tile, counted in the whole. */
const wholeRow = (row: string, { tile }: Packed, sizes: SizeNames): string =>
  tile === undefined ? row : `(${sizes.of(tile.firstRow)} + ${row})`;
const wholeToken = (token: string, { tile }: Packed, sizes: SizeNames): string =>
  tile === undefined ? token : `(${sizes.of(tile.firstToken)} + ${token})`;

/** WGSL: first row of a token, and the token of a row (a root, put right where f32 misses by one). */
const rowFunctions = (
  extras: number,
): string => `fn first_row(n: u32) -> u32 { return n * (n + 1u) / 2u + n * ${extras}u; }
fn token_of(row: u32) -> u32 {
  let b = ${1 + 2 * extras}.0;
  var n = u32(max(0.0, (sqrt(b * b + 8.0 * f32(row)) - b) * 0.5));
  while (first_row(n) > row) { n -= 1u; }
  while (first_row(n + 1u) <= row) { n += 1u; }
  return n;
}`;

const withRows = (extras: number, kernel: Kernel): Kernel => ({
  ...kernel,
  wgsl: `${rowFunctions(extras)}\n${kernel.wgsl}`,
});

const inner = (shape: Shape): Dim => product(shape.slice(1));

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

type Split = {
  readonly shares: Shares;
  readonly temperature: number;
  readonly special: Special;
  readonly epsilon: number;
};

/** How the sharing kernel finds the parts of one token: how many, where each is, which one is the remainder. */
type Places = {
  /** The token that stands at a place of the tile. */
  readonly token: (place: string) => string;
  readonly before: string;
  readonly count: string;
  readonly at: string;
  readonly remainder: string;
};

/** WGSL: what a gate g weighs that is not 0, given the largest and the least of the token's. */
const weights: Readonly<Record<Shares, (temperature: number) => string>> = {
  softmax: (temperature) => `exp_of(min((g - top) / f32(${temperature}), 0.0))`,
  max: () => "select(0.0, 1.0, g == top)",
  relu: () => "max(g, 0.0)",
  linear: () => "select(g - low, 1.0, top == low)",
};

/**
 * Neurons split by shares of the gates. One invocation per (token, neuron), neighbours on neighbouring neurons, runs over
 * the token's parts three times: largest and least, Σ weights (kept in `out`), scaling; so each is weighed once.
 */
const shareOut = (
  name: Result,
  tokens: Dim,
  gate: Operand,
  neurons: Operand,
  options: Split,
  places: (s: SizeNames) => Places,
): Kernel =>
  perIndex(name, times(tokens, neurons.shape.at(-1) as Dim), [gate, neurons], ([x0, x1], sizes) => {
    const I = sizes.of(neurons.shape.at(-1) as Dim);
    const { token, before, count, at, remainder } = places(sizes);
    const elsewhere = options.special === "ignore" ? "0.0" : "g";
    return `  let neuron = i % ${I};
  let token = ${token(`i / ${I}`)};
${before}
  let count = ${count};
  let rest = ${remainder};
  var top = -3e38;
  var low = 3e38;
  for (var m = 0u; m < count; m++) {
    var g = ${load(x0 as string, gate, at)};
    if (m == 0u) { g = select(${elsewhere}, 1.0, token == 0u); }
    if (m == rest && abs(g) < f32(${options.epsilon})) { g = 0.0; }
    out[${at}] = g;
    if (g != 0.0) { top = max(top, g); low = min(low, g); }
  }
  var total = 0.0;
  for (var m = 0u; m < count; m++) {
    let g = out[${at}];
    let e = select(${weights[options.shares](options.temperature)}, 0.0, g == 0.0);
    out[${at}] = e;
    total += e;
  }
  let a = ${load(x1 as string, neurons, `token * ${I} + neuron`)};
  if (total == 0.0) { let m = rest; out[${at}] = a; return; }
  for (var m = 0u; m < count; m++) { out[${at}] = (out[${at}] / total) * a; }`;
  });

export const split = (name: string, gate: Operand, neurons: Operand, p: Split & { readonly remainder: Dim }): Kernel =>
  gate.shape.length > 3 ? splitGroups(name, gate, neurons, p) : splitDense(name, gate, neurons, p);

type Dense = Split & { readonly remainder: Dim };

const splitDense = (name: string, gate: Operand, neurons: Operand, p: Dense): Kernel =>
  shareOut(name, neurons.shape[0] as Dim, gate, neurons, p, (sizes) => ({
    token: (place) => place,
    before: "",
    count: sizes.of(gate.shape[0] as Dim),
    at: `m * ${sizes.of(inner(gate.shape))} + i`,
    remainder: sizes.of(p.remainder),
  }));

/** Groups of parts `[…, M, T, I]`, each shared out by itself; consecutive invocations are consecutive tokens of one group. */
const splitGroups = (name: string, gate: Operand, neurons: Operand, p: Dense): Kernel => {
  const tokens = neurons.shape[0] as Dim;
  return shareOut(name, times(product(gate.shape.slice(0, -3)), tokens), gate, neurons, p, (sizes) => {
    const [whole, parts] = [sizes.of(product(neurons.shape)), sizes.of(gate.shape.at(-3) as Dim)];
    return {
      token: (place) => `(${place}) % ${sizes.of(tokens)}`,
      before: `  let begin = (i / ${whole}) * ${parts} * ${whole} + i % ${whole};`,
      count: parts,
      at: `begin + m * ${whole}`,
      remainder: sizes.of(p.remainder),
    };
  });
};

export const splitRows = (
  name: Result,
  gate: Operand,
  neurons: Operand,
  p: Split & Packed & { readonly remainder: number },
): Kernel =>
  withRows(
    p.extras,
    shareOut(name, p.tile?.tokens ?? p.tokens, gate, neurons, p, (sizes) => ({
      token: (place) => wholeToken(place, p, sizes),
      before: `  let begin = first_row(token)${p.tile === undefined ? "" : ` - ${sizes.of(p.tile.firstRow)}`};`,
      count: `token + ${1 + p.extras}u`,
      at: `(begin + m) * ${sizes.of(neurons.shape.at(-1) as Dim)} + neuron`,
      remainder: `token + ${1 + p.remainder}u`,
    })),
  );

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
