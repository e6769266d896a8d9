// The composites against their formulas, written as loops over numbers: what op.ts and method.md say, and nothing of ours.
import { suite } from "uvu";
import { evaluate } from "../src/evaluate.ts";
import type { OpName, Shares } from "../src/op.ts";
import { rowOf } from "../src/rows.ts";
import { type Tensor, tensor, toF64 } from "../src/tensor.ts";
import { type Case, cases, close, placeOf } from "../src/testing/index.ts";
import { right } from "./either.ts";

const test = suite("composites");

type Numbers = { readonly at: (...index: number[]) => number; readonly shape: readonly number[] };

const read = (t: Tensor): Numbers => {
  const data = toF64(t);
  return {
    shape: t.shape,
    at: (...index) => data[index.reduce((o, i, k) => o * (t.shape[k] ?? 1) + i, 0)] ?? Number.NaN,
  };
};

const make = (shape: readonly number[], value: (...index: number[]) => number): Tensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    "f64",
    shape,
    Float64Array.from({ length: size }, (_, i) => value(...placeOf(i, shape))),
  );
};

const total = (n: number, f: (i: number) => number): number =>
  Array.from({ length: n }, (_, i) => f(i)).reduce((a, b) => a + b, 0);
const softmax = (xs: readonly number[], i: number): number =>
  Math.exp(xs[i] ?? 0) / total(xs.length, (j) => Math.exp(xs[j] ?? 0));

type Params = { readonly [name: string]: unknown };
type Formula = (inputs: readonly Numbers[], params: Params, T: number) => Tensor;

/** Shares of one (token, neuron), by method.md's table and its section on the special token. */
/** What a gate input weighs among all that are not zero. */
const weigh: Readonly<Record<Shares, (g: number, present: readonly number[], temperature: number) => number>> = {
  softmax: (g, present, temperature) => Math.exp((g - Math.max(...present)) / temperature),
  max: (g, present) => (g === Math.max(...present) ? 1 : 0),
  relu: (g) => Math.max(g, 0),
  linear: (g, present) => (present.every((x) => x === present[0]) ? 1 : g - Math.min(...present)),
};

const shares = (g: readonly number[], token: number, p: Params, remainder: number): readonly number[] => {
  const seen = g.map((x, m) => (m === 0 && token === 0 ? 1 : m === 0 && p.special === "ignore" ? 0 : x));
  const sure = seen.map((x, m) => (m === remainder && Math.abs(x) < 1e-5 ? 0 : x));
  if (sure.every((x) => x === 0)) return sure.map((_, m) => (m === remainder ? 1 : 0));
  const present = sure.filter((x) => x !== 0);
  const e = sure.map((x) => (x === 0 ? 0 : weigh[p.shares as Shares](x, present, p.temperature as number)));
  const all = total(e.length, (m) => e[m] ?? 0);
  return all === 0 ? e.map((_, m) => (m === remainder ? 1 : 0)) : e.map((x) => x / all);
};

const formulas: Partial<Record<OpName, Formula>> = {
  attentionWeights: ([q, k], { scale, window = Infinity, softcap }) => {
    const [Q = 0, H = 0, F = 0] = q?.shape ?? [];
    const [S = 0, K = 0] = k?.shape ?? [];
    return make([H, Q, S], (h, i, j) => {
      const seen = i + S - Q + 1;
      const first = Math.max(0, seen - (window as number));
      const cap = (z: number): number =>
        softcap === undefined ? z : (softcap as number) * Math.tanh(z / (softcap as number));
      const scores = Array.from({ length: seen - first }, (_, n) =>
        cap(
          total(
            F,
            (f) => (scale as number) * (q?.at(i, h, f) ?? 0) * (k?.at(first + n, Math.floor((h * K) / H), f) ?? 0),
          ),
        ),
      );
      return j >= first && j < seen ? softmax(scores, j - first) : 0;
    });
  },
  rope: ([x, cos, sin]) => {
    const lead = (x?.shape.length ?? 3) - 3;
    const F = x?.shape.at(-1) ?? 0;
    return make(x?.shape ?? [], (...index) => {
      const [t = 0, f = 0] = [index[lead], index.at(-1)];
      const partner = x?.at(...index.slice(0, -1), (f + F / 2) % F) ?? 0;
      const own = x?.at(...index) ?? 0;
      const [c, s] = [cos?.at(t, f % (F / 2)) ?? 0, sin?.at(t, f % (F / 2)) ?? 0];
      return f < F / 2 ? own * c - partner * s : own * c + partner * s;
    });
  },
  layerNorm: ([x, gain, shift], { eps }) => {
    const D = x?.shape.at(-1) ?? 1;
    return make(x?.shape ?? [], (...index) => {
      const row = Array.from({ length: D }, (_, d) => x?.at(...index.slice(0, -1), d) ?? 0);
      const mean = total(D, (d) => row[d] ?? 0) / D;
      const variance = total(D, (d) => ((row[d] ?? 0) - mean) ** 2) / D;
      const d = index.at(-1) ?? 0;
      return (
        (((row[d] ?? 0) - mean) / Math.sqrt(variance + (eps as number))) * (gain?.at(d) ?? 0) + (shift?.at(d) ?? 0)
      );
    });
  },
  tokenParts: ([x], { extras }, T) =>
    make([T + (extras as number), T, x?.shape[1] ?? 0], (m, t, d) => (m === t ? (x?.at(t, d) ?? 0) : 0)),
  split: ([gate, neurons], params, T) => {
    const M = gate?.shape.at(-3) ?? 0;
    const remainder = params.remainder as number | { readonly text: string };
    const place = typeof remainder === "number" ? remainder : T + (remainder.text === "T" ? 0 : 1);
    return make(gate?.shape ?? [], (...index) => {
      const [groups, [m = 0, t = 0, i = 0]] = [index.slice(0, -3), index.slice(-3)];
      const g = Array.from({ length: M }, (_, part) => gate?.at(...groups, part, t, i) ?? 0);
      return (shares(g, t, params, place)[m] ?? 0) * (neurons?.at(t, i) ?? 0);
    });
  },
  unpackRows: ([rows], { extras }, T) =>
    make([T + (extras as number), T, ...(rows?.shape.slice(1) ?? [])], (m, t, ...rest) => {
      const row = rowOf(t, m, T, extras as number);
      return row < 0 ? 0 : (rows?.at(row, ...rest) ?? 0);
    }),
};

const byHand = (c: Case, formula: Formula): Tensor => {
  const inputs = c.node.inputs.map((_, i) => read(c.tensors[`in${i}`] as Tensor));
  return formula(inputs, c.node.params as Params, c.sizes.T ?? 0);
};

for (const c of cases) {
  const formula = formulas[c.op];
  if (formula !== undefined)
    test(c.name, () =>
      close(right(evaluate(c.graph, c.tensors, c.sizes)).output as Tensor, byHand(c, formula), {
        rtol: 1e-9,
        atol: 1e-12,
      }),
    );
}

test.run();
