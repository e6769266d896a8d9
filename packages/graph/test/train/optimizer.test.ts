// AdamW against its published recurrence, written out in plain numbers.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { evaluate } from "../../src/evaluate.ts";
import type { Expr, Graph } from "../../src/expr.ts";
import * as s from "../../src/syntax.ts";
import { f32, type Tensor, tensor, toF64 } from "../../src/tensor.ts";
import { close, noise } from "../../src/testing/index.ts";
import { type AdamwConfig, adamw } from "../../src/train/optimizer.ts";
import { warmupCosine } from "../../src/train/schedule.ts";
import { right } from "../either.ts";

const test = suite("train/optimizer");

const numbers = (count: number, seed: number): number[] => Array.from({ length: count }, (_, k) => noise(k, seed));

type Plain = { readonly value: number; readonly mean: number; readonly square: number };

/** Loshchilov & Hutter 2019, algorithm 2, lines 6 to 12, of one element. */
const published = (
  { value, mean, square }: Plain,
  g: number,
  n: number,
  config: { rate: number; betas: readonly [number, number]; eps: number; decay: number },
): Plain => {
  const [b1, b2] = config.betas;
  const m = b1 * mean + (1 - b1) * g;
  const v = b2 * square + (1 - b2) * g ** 2;
  const [mHat, vHat] = [m / (1 - b1 ** n), v / (1 - b2 ** n)];
  const step = mHat / (Math.sqrt(vHat) + config.eps) + config.decay * value;
  return { value: value - config.rate * step, mean: m, square: v };
};

const shape = [2, 3];
const leaf = (name: string): Expr => s.input(name, shape);

const updateGraph = (config: AdamwConfig, factor?: number): Graph => {
  const { value, moments } = adamw(config).update(
    {
      name: "w",
      shape,
      value: leaf("w"),
      gradient: leaf("g"),
      ...(factor === undefined ? {} : { factor: s.scalar(factor) }),
    },
    [leaf("mean"), leaf("square")],
    s.input("step", []),
  );
  return { w: value, mean: moments[0] as Expr, square: moments[1] as Expr };
};

const f64 = (values: readonly number[]): Tensor => tensor("f64", shape, Float64Array.from(values));

/** Twelve steps by graph and by formula, on gradients that are new each time. */
const compared = (
  graph: Graph,
  settings: (n: number) => { rate: number; betas: readonly [number, number]; eps: number; decay: number },
  factor = 1,
): void => {
  let plain: readonly Plain[] = numbers(6, 1).map((value) => ({ value, mean: 0, square: 0 }));
  let state = { w: f64(numbers(6, 1)), mean: f64(new Array(6).fill(0)), square: f64(new Array(6).fill(0)) };
  for (let n = 1; n <= 12; n++) {
    const g = numbers(6, n + 1);
    const found = right(evaluate(graph, { ...state, g: f64(g), step: f32([], [n]) }));
    plain = plain.map((p, i) => published(p, factor * (g[i] as number), n, settings(n)));
    state = found as typeof state;
    for (const [name, key] of [
      ["w", "value"],
      ["mean", "mean"],
      ["square", "square"],
    ] as const)
      close(found[name] as Tensor, f64(plain.map((p) => p[key])), { rtol: 1e-10, atol: 1e-14 });
  }
};

test("several steps are those of the publication", () => {
  const config = { rate: 0.1, betas: [0.8, 0.95], eps: 1e-3, decay: 0.3 } as const;
  compared(updateGraph(config), () => config);
});

test("its usual settings, with a schedule for the rate", () => {
  const config = { rate: warmupCosine({ peak: 0.2, warmup: 5, total: 10 }) };
  const rateAt = (n: number): number =>
    n < 5 ? (0.2 * n) / 5 : 0.1 * (1 + Math.cos((Math.PI * (Math.min(n, 10) - 5)) / 5));
  compared(updateGraph(config), (n) => ({ rate: rateAt(n), betas: [0.9, 0.999], eps: 1e-8, decay: 0.01 }));
});

test("a factor is that of the gradient", () => {
  const config = { rate: 0.1, betas: [0.9, 0.99], eps: 0.1, decay: 0 } as const;
  compared(updateGraph(config, 0.25), () => config, 0.25);
});

test("vectors do not decay unless told to, by shape or by name", () => {
  const decayed = (of: readonly number[], config: Partial<AdamwConfig>): number => {
    const at = (name: string): Expr => s.input(name, of);
    const parameter = { name: "w", shape: of, value: at("w"), gradient: s.broadcast(of)(s.scalar(0)) };
    const { value } = adamw({ rate: 0.5, decay: 0.5, ...config }).update(parameter, [at("m"), at("m")], s.scalar(1));
    const one = of.reduce((a, b) => a * b, 1);
    const tensors = { w: f32(of, new Array(one).fill(1)), m: f32(of, new Array(one).fill(0)) };
    return toF64(right(evaluate(value, tensors)).output as Tensor)[0] as number;
  };
  assert.is(decayed([2, 2], {}), 0.75);
  assert.is(decayed([2], {}), 1);
  assert.is(decayed([2], { decays: (name) => name === "w" }), 0.75);
  assert.is(decayed([2, 2], { decays: () => false }), 1);
});

test.run();
