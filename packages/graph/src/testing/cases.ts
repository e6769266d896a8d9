// Sample nodes for every op: what every table and every backend is tested on. A Table too: an op without samples does not
// compile. Operands are inputs `in0`, `in1`, … of concrete values; T is 5 unless a sample says otherwise.
import { type Dim, type DimLike, dims, minus, over, plus, type Sizes, times } from "../dim.ts";
import { type Expr, type Graph, node } from "../expr.ts";
import type { OpName, Ops } from "../op.ts";
import { rowCount } from "../rows.ts";
import { leavesOf, type Tensors } from "../sizes.ts";
import { input } from "../syntax.ts";
import { filled, noise } from "./values.ts";

type Operand = {
  readonly shape: readonly DimLike[];
  readonly dtype: "f32" | "i32";
  /** Element `i` of operand number `j`. */
  readonly value: (i: number, j: number, sizes: Sizes) => number;
};
type Sample<P> = { readonly params: P; readonly operands: readonly Operand[]; readonly sizes: Sizes };
type Samples = { readonly [K in OpName]: readonly [Sample<Ops[K]>, ...Sample<Ops[K]>[]] };

const of = <P>(params: P, ...operands: readonly Operand[]): Sample<P> => ({ params, operands, sizes: { T: 5 } });
const withT = <P>(T: number, s: Sample<P>): Sample<P> => ({ ...s, sizes: { T } });

/** Operands: noise in ±2, noise by a formula, whole numbers below a bound. */
const by = (value: Operand["value"], ...shape: readonly DimLike[]): Operand => ({ shape, dtype: "f32", value });
const x = (...shape: readonly DimLike[]): Operand => by((i, j) => 2 * noise(i, j), ...shape);
const wide = (...shape: readonly DimLike[]): Operand => by((i, j) => 12 * noise(i, j + 3), ...shape);
const positive = (...shape: readonly DimLike[]): Operand => by((i, j) => 1.5 + noise(i, j + 5), ...shape);
const whole = (below: number, ...shape: readonly DimLike[]): Operand =>
  by((i, j) => Math.floor(((noise(i, j + 7) + 1) / 2) * below), ...shape);
const ids = (below: number, ...shape: readonly DimLike[]): Operand => ({ ...whole(below, ...shape), dtype: "i32" });
/** A third of the values is exactly zero. */
const gates = (...shape: readonly DimLike[]): Operand => by((i) => (i % 3 === 1 ? 0 : noise(i, 11)), ...shape);
const tiny = (...shape: readonly DimLike[]): Operand => by((i) => (i % 2 === 0 ? 0 : 5e-6 * noise(i, 13)), ...shape);
const none = (...shape: readonly DimLike[]): Operand => by(() => 0, ...shape);
const below = (...shape: readonly DimLike[]): Operand => by((i) => noise(i, 17) - 3, ...shape);
const alike = (...shape: readonly DimLike[]): Operand => by(() => 0.5, ...shape);
const otherShares = ["max", "relu", "linear"] as const;
/** Weights of queries on keys, nothing after the query's own place: `[H, T, T]`. */
const causal = (heads: number): Operand =>
  by((i, _, { T = 1 }) => (i % T <= Math.floor(i / T) % T ? 0.5 + 0.5 * noise(i, 17) : 0), heads, "T", "T");

const [T, none_] = [dims(["T"])[0] as Dim, {}];
const R = (extras: number): Dim => rowCount("T", extras);
const rows = (extras: number) => ({ extras, tokens: T });

type Few = readonly [Sample<object>, ...Sample<object>[]];
const unary = (o: (...shape: readonly DimLike[]) => Operand): Few => [
  of(none_, o("T", 3)),
  of(none_, o()),
  of(none_, o(2, 1, 67)),
];
const binary = (a: (...s: readonly DimLike[]) => Operand, b = a): Few => [
  of(none_, a("T", 3), b("T", 3)),
  of(none_, a("T", 3), b(3)),
  of(none_, a("T", 1), b(1, 4)),
  of(none_, a(), b("T")),
  of(none_, a(2, 1, 3), b(5, 1)),
  of(none_, a(2, 3, 1, 4), b(2, 1, "T", 1)),
  of(none_, a(3, 1, 4), b(3, 2, 4)),
  of(none_, a("T", "T"), b("T", 1)),
  withT(1, of(none_, a("T", 1), b(1, "T"))),
];
const reductions: readonly [Sample<{ readonly axis: number }>, ...Sample<{ readonly axis: number }>[]] = [
  of({ axis: -1 }, x("T", 3)),
  of({ axis: -2 }, x(2, "T", 3)),
  of({ axis: -3 }, x("T", 2, 3)),
  of({ axis: -1 }, x(3, 131)),
  of({ axis: -1 }, x(1)),
  withT(1, of({ axis: -1 }, x(2, "T"))),
];
const far = by((i) => 60 * noise(i), 4);
const logits: Few = [of(none_, x("T", "T")), of(none_, wide(3, 131)), withT(1, of(none_, x(2, "T"))), of(none_, far)];
const norms = (affine: number): readonly [Sample<{ readonly eps: number }>, ...Sample<{ readonly eps: number }>[]] => [
  of({ eps: 1e-5 }, x("T", 6), ...[x(6), positive(6)].slice(0, affine)),
  of({ eps: 1e-3 }, x(2, "T", 131), ...[x(131), positive(131)].slice(0, affine)),
  withT(1, of({ eps: 1 }, none("T", 4), ...[x(4), positive(4)].slice(0, affine))),
];

const samples: Samples = {
  input: [
    of({ name: "own", shape: dims(["T", 3]), dtype: "f32" }),
    of({ name: "own", shape: dims(["T"]), dtype: "i32" }),
  ],
  weight: [of({ name: "own", shape: [3, 5] }), of({ name: "own", shape: [] })],
  constant: [of({ shape: [2, 2], values: [1, -2, 0.5, 0] }), of({ shape: [], values: [-0.25] })],
  iota: [of({ size: T }), of({ size: R(2) }), of({ size: 4 })],
  size: [of({ of: T }), of({ of: over(times(T, plus(T, 1)), 2) }), of({ of: 7 })],

  neg: unary(x),
  exp: unary(x),
  log: unary(positive),
  sqrt: unary(positive),
  sin: unary(wide),
  cos: unary(wide),
  tanh: unary(x),
  erf: unary(x),
  roundF32: unary(x),
  freeze: unary(x),
  add: binary(x),
  sub: binary(x),
  mul: binary(x),
  div: binary(x, positive),
  maximum: binary(x, wide),
  less: binary((...s) => whole(3, ...s)),
  equal: binary((...s) => whole(3, ...s)),
  where: [
    of({}, whole(2, "T", 3), x("T", 3), positive("T", 3)),
    of({}, whole(2, "T", 1), x(3), positive()),
    of({}, whole(2, 3), x(2, "T", 1), wide("T", 3)),
  ],
  sum: reductions,
  max: reductions,
  matmul: [
    of({}, x("T", 3), x(3, 4)),
    of({}, x(2, "T", 3), x(3, 4)),
    of({}, x(2, 1, "T", 3), x(3, 3, 5)),
    of({}, x("T", 1), x(1, "T")),
    of({}, x(1, 70), x(2, 70, 1)),
    withT(1, of({}, x(3, "T", 2), x(3, 2, "T"))),
  ],
  reshape: [
    of({ rank: 1, to: [2, 3] }, x("T", 6)),
    of({ rank: 2, to: [times(T, 2), 3] }, x("T", 6)),
    of({ rank: 0, to: [1] }, x("T")),
    of({ rank: 2, to: [6] }, x("T", 2, 3)),
  ],
  transpose: [
    of({ order: [-1, -2] }, x("T", 3)),
    of({ order: [-2, -3, -1] }, x(2, "T", 3, 4)),
    of({ order: [-3, -1, -2] }, x("T", 2, 3)),
    of({ order: [-1] }, x("T", 3)),
  ],
  broadcast: [
    of({ to: dims(["T", 3]) }, x(3)),
    of({ to: dims(["T", 3]) }, x("T", 1)),
    of({ to: dims([2, "T", 3]) }, x(2, 1, 3)),
    of({ to: [5, 3] }, x(4, 1, 3)),
    of({ to: [2, 2] }, x()),
    of({ to: [] }, x("T")),
  ],
  slice: [
    of({ axis: -1, start: 1, size: 2 }, x("T", 4)),
    of({ axis: -2, start: minus(T, 1), size: 1 }, x("T", 4)),
    of({ axis: -2, start: 1, size: 2 }, x(2, 3, 4)),
    of({ axis: -1, start: 0, size: 3 }, x("T", 3)),
  ],
  concat: [
    of({ axis: -1 }, x("T", 3), x("T", 1), x("T", 2)),
    of({ axis: -2 }, x(2, "T", 3), x(2, 1, 3)),
    of({ axis: -3 }, x(1, 2, 3), x(2, 2, 3)),
    of({ axis: -1 }, x("T")),
    of({ axis: -2 }, ...Array.from({ length: 19 }, (_, i) => wide(1 + (i % 2), 3))),
  ],
  gather: [
    of({ axis: -2 }, x(7, 3), ids(7, "T")),
    of({ axis: -1 }, x("T", 7), whole(7, 2, 2)),
    of({ axis: -3 }, x(4, 2, 3), ids(4, 3)),
    of({ axis: -2 }, x(7, 3), ids(7)),
    of({ axis: -2 }, x(2, "T", 3), whole(5, 4)),
  ],
  scatterAdd: [
    of({ axis: -2, size: 7 }, x("T", 3), ids(7, "T")),
    of({ axis: -1, size: 7 }, x("T", 2, 2), whole(7, 2, 2)),
    of({ axis: -3, size: T }, x(40, 2, 3), ids(3, 40)),
    of({ axis: -2, size: 7 }, x(3), ids(7)),
    of({ axis: -2, size: plus(T, 1) }, x(2, 4, 3), whole(5, 4)),
    withT(1, of({ axis: -1, size: T }, x("T"), ids(1, "T"))),
  ],

  linear: [
    of({}, x("T", 6), x(4, 6)),
    of({}, x(6), x(4, 6)),
    of({}, x(2, "T", 16), x(5, 16)),
    of({}, x("T", 64), x(67, 64)),
    withT(1, of({}, x("T", 1), x(1, 1))),
  ],
  softmax: logits,
  logSumExp: logits,
  rmsScale: norms(0),
  layerScale: norms(0),
  rmsNorm: norms(1),
  layerNorm: norms(2),
  activate: [
    of({ activation: "silu" }, wide("T", 6)),
    of({ activation: "gelu" }, wide("T", 6)),
    of({ activation: "geluTanh" }, wide("T", 6)),
    of({ activation: "relu" }, gates("T", 6)),
    of(
      { activation: "silu" },
      by((i) => 120 * noise(i), "T", 5),
    ),
  ],
  gated: [
    of({ activation: "silu" }, wide("T", 6), x("T", 6)),
    of({ activation: "gelu" }, wide("T", 6), x("T", 6)),
    of({ activation: "geluTanh" }, wide(2, "T", 3), x(2, "T", 3)),
    of({ activation: "relu" }, gates("T", 6), x("T", 6)),
  ],
  rope: [
    of({}, x("T", 2, 4), x("T", 2), x("T", 2)),
    of({}, x(3, "T", 1, 2), x("T", 1), x("T", 1)),
    withT(1, of({}, x("T", 3, 6), x("T", 3), x("T", 3))),
  ],
  attentionWeights: [
    of({ scale: 0.5 }, x("T", 2, 4), x("T", 2, 4)),
    of({ scale: 1 }, wide("T", 4, 3), x("T", 2, 3)),
    of({ scale: 0.3 }, x(2, 4, 3), x("T", 1, 3)),
    withT(1, of({ scale: 1 }, x("T", 2, 1), x("T", 2, 1))),
    withT(70, of({ scale: 1 }, x("T", 1, 2), x("T", 1, 2))),
    of({ scale: 0.5, softcap: 1.5 }, x("T", 4, 3), x("T", 2, 3)),
    of({ scale: 1, window: 2 }, x("T", 2, 3), x("T", 1, 3)),
    of({ scale: 0.4, window: 3, softcap: 50 }, x(2, 4, 3), x("T", 2, 3)),
    withT(1, of({ scale: 1, window: 1, softcap: 1 }, x("T", 2, 1), x("T", 2, 1))),
    withT(140, of({ scale: 1, window: 67 }, x("T", 1, 2), x("T", 1, 2))),
  ],
  attend: [
    of({}, x(2, "T", "T"), x("T", 2, 4)),
    of({}, x(4, "T", "T"), x(3, "T", 2, 3)),
    of({}, x(4, 2, "T"), x(3, "T", 1, 3)),
    withT(1, of({}, x(2, "T", "T"), x(2, 2, "T", 2, 1))),
  ],
  topK: [
    of({ k: 2 }, x("T", 4)),
    of({ k: 3 }, whole(3, "T", 7)),
    of({ k: 1 }, wide(5)),
    of({ k: 4 }, none(2, 3, 4)),
    withT(1, of({ k: 8 }, x("T", 131))),
  ],
  toExperts: [
    of({}, x("T", 6), x(3, 4, 6), whole(3, "T", 2)),
    of({}, x(3, "T", 5), x(4, 3, 5), ids(4, "T", 3)),
    of({}, x(9, 16), x(2, 67, 16), whole(2, 9, 1)),
    withT(1, of({}, x(2, 2, "T", 1), x(1, 1, 1), none("T", 1))),
  ],
  fromExperts: [
    of({}, x("T", 8), x(3, 6, 4), whole(3, "T", 2)),
    of({}, x(3, "T", 9), x(4, 5, 3), ids(4, "T", 3)),
    of({}, x(9, 16), x(2, 67, 16), whole(2, 9, 1)),
    withT(1, of({}, x(2, 2, "T", 1), x(1, 1, 1), none("T", 1))),
  ],

  tokenParts: [of({ extras: 0 }, x("T", 3)), of({ extras: 1 }, x("T", 3)), withT(1, of({ extras: 2 }, x("T", 3)))],
  addToPart: [
    of({ part: T, rank: 2 }, x(plus(T, 2), "T", 3), x("T", 3)),
    of({ part: 0, rank: 2 }, x(plus(T, 2), "T", 3), x(3)),
    of({ part: 2, rank: 2 }, x(3, "T", 4), x("T", 1)),
    of({ part: 1, rank: 1 }, x(2, 4), x()),
    of({ part: 1, rank: 3 }, x(2, "T", 2, 3), x("T", 1, 3)),
  ],
  split: [
    of({ shares: "softmax", temperature: 0.1, special: "ignore", remainder: T }, gates(plus(T, 1), "T", 4), x("T", 4)),
    of(
      { shares: "softmax", temperature: 0.1, special: "keep", remainder: plus(T, 1) },
      gates(plus(T, 2), "T", 4),
      x("T", 4),
    ),
    of({ shares: "softmax", temperature: 2, special: "keep", remainder: 2 }, x(3, "T", 67), x("T", 67)),
    of({ shares: "softmax", temperature: 0.1, special: "ignore", remainder: 2 }, none(3, "T", 4), x("T", 4)),
    of({ shares: "softmax", temperature: 0.01, special: "keep", remainder: 1 }, tiny(2, "T", 4), x("T", 4)),
    withT(
      1,
      of({ shares: "softmax", temperature: 0.1, special: "ignore", remainder: T }, x(plus(T, 1), "T", 3), x("T", 3)),
    ),
    ...otherShares.flatMap((shares): readonly Sample<Ops["split"]>[] => [
      of({ shares, temperature: 1, special: "ignore", remainder: T }, gates(plus(T, 1), "T", 4), x("T", 4)),
      of({ shares, temperature: 1, special: "keep", remainder: 1 }, gates(3, "T", 66), x("T", 66)),
      of({ shares, temperature: 1, special: "keep", remainder: 2 }, none(3, "T", 4), x("T", 4)),
      of({ shares, temperature: 1, special: "keep", remainder: 1 }, below(3, "T", 4), x("T", 4)),
      of({ shares, temperature: 1, special: "ignore", remainder: 1 }, alike(3, "T", 4), x("T", 4)),
    ]),
  ],

  tokenRows: [of(rows(0), x("T", 3)), of(rows(2), x("T", 2, 3)), of(rows(1), x("T")), withT(1, of(rows(1), x("T", 3)))],
  seedRows: [of(rows(0), x("T", 3)), of(rows(1), x("T", 3)), withT(1, of(rows(2), x("T", 3)))],
  attendRows: [
    of(rows(1), causal(2), x(R(1), 2, 3)),
    of(rows(2), causal(4), x(R(2), 2, 3)),
    of(rows(0), causal(3), x(R(0), 1, 1)),
    withT(1, of(rows(2), causal(2), x(R(2), 1, 3))),
  ],
  addToRows: [
    of({ ...rows(1), part: 0 }, x(R(1), 3), x("T", 3)),
    of({ ...rows(2), part: 1 }, x(R(2), 3), x(3)),
    of({ ...rows(2), part: 0 }, x(R(2), 2, 3), x("T", 1, 3)),
    withT(1, of({ ...rows(2), part: 1 }, x(R(2), 3), x("T", 1))),
  ],
  splitRows: [
    of({ ...rows(1), shares: "softmax", temperature: 0.1, special: "ignore", remainder: 0 }, gates(R(1), 4), x("T", 4)),
    of({ ...rows(2), shares: "softmax", temperature: 0.1, special: "keep", remainder: 1 }, gates(R(2), 4), x("T", 4)),
    of({ ...rows(2), shares: "softmax", temperature: 1, special: "ignore", remainder: 1 }, none(R(2), 3), x("T", 3)),
    of({ ...rows(1), shares: "softmax", temperature: 0.1, special: "keep", remainder: 0 }, tiny(R(1), 3), x("T", 3)),
    withT(
      1,
      of({ ...rows(1), shares: "softmax", temperature: 0.1, special: "ignore", remainder: 0 }, x(R(1), 3), x("T", 3)),
    ),
    ...otherShares.flatMap((shares): readonly Sample<Ops["splitRows"]>[] => [
      of({ ...rows(1), shares, temperature: 1, special: "ignore", remainder: 0 }, gates(R(1), 4), x("T", 4)),
      of({ ...rows(2), shares, temperature: 1, special: "keep", remainder: 1 }, below(R(2), 3), x("T", 3)),
      of({ ...rows(2), shares, temperature: 1, special: "keep", remainder: 1 }, none(R(2), 3), x("T", 3)),
    ]),
  ],
  partsAt: [
    of(rows(1), x(R(1), 3), ids(5, 1)),
    of(rows(2), x(R(2), 2, 3), whole(5, 3)),
    of(rows(0), x(R(0)), ids(5, 1)),
    withT(1, of(rows(2), x(R(2), 3), ids(1, 1))),
  ],
  unpackRows: [
    of(rows(0), x(R(0), 3)),
    of(rows(1), x(R(1))),
    of(rows(2), x(R(2), 2, 3)),
    withT(1, of(rows(2), x(R(2), 3))),
  ],
};

/** One sample ready to run: a graph of one node with the output `output`, its tensors and sizes. */
export type Case = {
  readonly name: string;
  readonly op: OpName;
  readonly node: Expr;
  readonly graph: Graph;
  readonly tensors: Tensors;
  readonly sizes: Sizes;
};

const caseOf = (op: OpName, { params, operands, sizes }: Sample<Ops[OpName]>, number: number): Case => {
  const inputs = operands.map(({ shape, dtype }, i) => input(`in${i}`, shape, dtype));
  const output = node(op, params, ...inputs);
  const tensors = leavesOf({ output }).map(({ params: leaf }) => {
    const number = Number(leaf.name.slice(2));
    const own = operands[number];
    const dtype = "dtype" in leaf ? leaf.dtype : "f32";
    const value = (i: number): number => (own ? own.value(i, number, sizes) : dtype === "i32" ? i : noise(i));
    return [leaf.name, filled(leaf.shape, sizes, value, dtype)] as const;
  });
  return { name: `${op} ${number}`, op, node: output, graph: { output }, tensors: Object.fromEntries(tensors), sizes };
};

/** Every sample of every op. */
export const cases: readonly Case[] = (Object.keys(samples) as OpName[]).flatMap((op) =>
  (samples[op] as readonly Sample<Ops[OpName]>[]).map((s, i) => caseOf(op, s, i)),
);
