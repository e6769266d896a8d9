import { pipe } from "fp-ts/lib/function.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { times } from "../../src/dim.ts";
import { evaluate } from "../../src/evaluate.ts";
import { type Expr, toGraph } from "../../src/expr.ts";
import * as nn from "../../src/nn.ts";
import { leavesOf, type Tensors } from "../../src/sizes.ts";
import * as s from "../../src/syntax.ts";
import { f32, i32, type Tensor, toF64 } from "../../src/tensor.ts";
import { close, noise } from "../../src/testing/index.ts";
import { adamw, type Optimizer } from "../../src/train/optimizer.ts";
import { initialState, nextState, trainingStep } from "../../src/train/step.ts";
import { left, right } from "../either.ts";

const test = suite("train/step");

/** θ ← θ - g, which remembers nothing. */
const descent: Optimizer = {
  name: "descent",
  moments: [],
  update: ({ value, gradient, factor }) => ({
    value: s.sub(value, factor === undefined ? gradient : s.mul(factor, gradient)),
    moments: [],
  }),
};

const w = s.weight("w", [2]);
const b = s.weight("b", []);
const x = s.input("x", [2]);
/** ½|w - x|² + ½b² */
const quadratic = s.add(
  s.mul(0.5, s.reshape(1, [])(s.sum(-1)(s.mul(s.sub(w, x), s.sub(w, x))))),
  s.mul(0.5, s.mul(b, b)),
);
const batch = { x: f32([2], [3, -1]) };
const start = { w: f32([2], [0, 3]), b: f32([], [12]) };

const numberOf = (t: Tensor | undefined): number => toF64(t as Tensor)[0] as number;

test("names of what goes in and comes out", () => {
  const step = right(trainingStep(quadratic, { optimizer: adamw({ rate: 0.1 }) }));
  const read = leavesOf(step).map(({ op, params }) => `${op} ${params.name}`);
  const [moments, outputs] = [
    ["mean.b", "mean.w", "square.b", "square.w"],
    ["w", "mean.w", "square.w", "b", "mean.b", "square.b", "step"].map((name) => `next.${name}`),
  ];
  assert.equal([...new Set(read)].sort(), ["b", ...moments, "step", "w", "x"].map((name) => `input ${name}`).sort());
  assert.equal(Object.keys(step), ["loss", "norm", ...outputs]);
  assert.equal(Object.keys(initialState(start, adamw({ rate: 0.1 }))).sort(), ["b", ...moments, "step", "w"].sort());
  assert.equal(Object.keys(nextState(Object.fromEntries(outputs.map((o) => [o, batch.x])))), [
    ...["w", "mean.w", "square.w", "b", "mean.b", "square.b", "step"],
  ]);
});

test("loss and norm are those before the step; the limit shortens it", () => {
  const values = (clip?: number): Tensors => {
    const step = right(trainingStep(quadratic, { optimizer: descent, ...(clip === undefined ? {} : { clip }) }));
    return right(evaluate(step, { ...initialState(start, descent), ...batch }));
  };
  const plain = values();
  assert.is(numberOf(plain.loss), 0.5 * (9 + 16 + 144));
  assert.is(numberOf(plain.norm), 13);
  close(plain["next.w"] as Tensor, f32([2], [3, -1]));
  assert.is(numberOf(plain["next.step"]), 1);
  const clipped = values(6.5);
  assert.is(numberOf(clipped.norm), 13);
  close(clipped["next.w"] as Tensor, f32([2], [1.5, 1]));
  assert.is(numberOf(clipped["next.b"]), 6);
});

test("a quadratic is driven to its minimum", () => {
  const optimizer = adamw({ rate: 0.2, decay: 0 });
  const step = right(trainingStep(quadratic, { optimizer, clip: 5 }));
  let state = initialState(start, optimizer);
  let loss = Number.NaN;
  for (let i = 0; i < 400; i++) {
    const outputs = right(evaluate(step, { ...state, ...batch }));
    loss = numberOf(outputs.loss);
    state = nextState(outputs);
  }
  assert.ok(loss < 1e-6, `${loss}`);
  assert.is(numberOf(state.step), 400);
  close(state.w as Tensor, batch.x, { atol: 1e-3 });
});

test("weights that are not named stay weights; other outputs of the graph are given too", () => {
  const step = right(
    trainingStep({ loss: quadratic, double: s.mul(2, quadratic) }, { optimizer: descent, wrt: ["b"] }),
  );
  assert.equal(
    leavesOf(step).flatMap(({ op, params }) => (op === "weight" ? [params.name] : [])),
    ["w"],
  );
  const found = right(evaluate(step, { ...initialState({ b: start.b }, descent), w: start.w, ...batch }));
  assert.is(numberOf(found.double), 2 * numberOf(found.loss));
  assert.equal(found["next.w"], undefined);
});

test("faults: no loss, one that is no scalar, what is no weight, names that mean two things, a limit of 0", () => {
  const fault = (source: Parameters<typeof trainingStep>[0], options = {}): string =>
    left(trainingStep(source, { optimizer: adamw({ rate: 1 }), ...options }));
  assert.match(fault({ y: quadratic }), "output loss: expected an output of the graph, got none; it has y");
  assert.match(fault(w), "output loss: expected a scalar [], got [2]");
  assert.is(
    fault(quadratic, { wrt: ["x", "z", "w"], clip: 0 }),
    `parameter x: expected a weight of the graph, got none; it has w, b
parameter z: expected a weight of the graph, got none; it has w, b
clip: expected a norm above 0, got 0`,
  );
  assert.match(fault(quadratic, { wrt: [] }), "wrt: expected at least one weight, got none");
  assert.match(fault(s.mul(b, s.input("mean.b", []))), "input mean.b: expected a name used once, got it twice");
  assert.match(fault({ loss: b, norm: b }), "output norm: expected a name used once, got it twice");
  assert.match(fault({ loss: s.add(w, s.input("x", [3])) }), /expected/);
});

// A model on S sequences at once is the mean over models on each.

const [V, D, S] = [5, 4, 3] as const;
const matrix = (name: string, out: number, of: number): Expr => s.weight(name, [out, of]);

const lossOf = (sequences: number): Expr => {
  const rows = times("T", sequences);
  const column = (name: string): Expr => s.reshape(2, [rows])(s.input(name, ["T", sequences], "i32"));
  return pipe(
    nn.embedding(matrix("embed", V, D), column("tokens")),
    nn.residual(
      nn.attention({
        tokens: "T",
        sequences,
        heads: 4,
        kvHeads: 2,
        headWidth: 2,
        q: matrix("q", 8, D),
        k: matrix("k", 4, D),
        v: matrix("v", 4, D),
        o: matrix("o", D, 8),
        rotary: nn.rotaryTables("T", [0.7]),
      }),
    ),
    nn.unembed(matrix("embed", V, D)),
    nn.crossEntropy({ tokens: rows, vocabulary: V, targets: column("targets") }),
  );
};

test("several sequences at once are each by itself", () => {
  const parameters: Tensors = Object.fromEntries(
    leavesOf(toGraph(lossOf(1))).flatMap(({ op, params }, i) => {
      const shape = params.shape.map(Number);
      const values = Array.from({ length: shape.reduce((a, c) => a * c, 1) }, (_, k) => noise(k, i));
      return op === "weight" ? [[params.name, f32(shape, values)]] : [];
    }),
  );
  const ids = Array.from({ length: 2 * 4 * S }, (_, k) => (k * k + k) % V);
  const [tokens, targets] = [ids.slice(0, 4 * S), ids.slice(4 * S)];
  const run = (sequences: number, which: (k: number) => boolean): Tensors => {
    const own = (all: readonly number[]) =>
      i32(
        [4, sequences],
        all.filter((_, k) => which(k)),
      );
    const step = right(trainingStep(lossOf(sequences), { optimizer: descent }));
    const inputs = { ...initialState(parameters, descent), tokens: own(tokens), targets: own(targets) };
    return right(evaluate(step, inputs));
  };
  const all = run(S, () => true);
  const each = [0, 1, 2].map((one) => run(1, (k) => k % S === one));
  for (const name of ["loss", ...Object.keys(parameters).map((p) => `next.${p}`)]) {
    const lists = each.map((found) => toF64(found[name] as Tensor));
    const mean = Float64Array.from(lists[0] as Float64Array, (_, k) =>
      lists.reduce((sum, l) => sum + (l[k] ?? 0) / S, 0),
    );
    close(all[name] as Tensor, { ...(all[name] as Tensor), dtype: "f64", data: mean }, { rtol: 1e-9, atol: 1e-12 });
  }
});

test.run();
