// A vocabulary as pieces of its rows: the same numbers, each piece read by itself and let go before the next one.
import * as g from "@depass/graph";
import { noise } from "@depass/graph/testing";
import * as TE from "fp-ts/lib/TaskEither.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { pieced } from "../src/plan/pieces.ts";
import { basePlan } from "../src/plan/plan.ts";
import { foresee } from "../src/run/foresee.ts";
import { open } from "./backends.ts";

const test = suite("pieces");

/** Large enough to be cut by default: a test of the whole way needs real sizes. */
const [V, D, N] = [17_001, 640, 64];
const matrix = (rows: number, width: number, seed: number): g.Tensor =>
  g.f32(
    [rows, width],
    Float32Array.from({ length: rows * width }, (_, i) => noise(i % 99_991, seed) / 8),
  );
const tensors: g.Tensors = {
  table: matrix(V, D, 1),
  inner: matrix(D, D, 2),
  gain: g.f32(
    [D],
    Float32Array.from({ length: D }, (_, i) => 1 + (i % 5) / 8),
  ),
  shift: g.f32([V], new Float32Array(V).fill(0.5)),
};
const whole = V * D * 4;

type Log = { readonly reads: string[]; most: number };

/** Weights with rows, which tell the largest read. */
const fileOf = (own: g.Tensors): readonly [g.Weights, Log] => {
  const stored = g.weightsOf(own);
  const log: Log = { reads: [], most: 0 };
  const seen = (name: string, t: g.Tensor): g.Tensor => {
    log.reads.push(name);
    log.most = Math.max(log.most, 4 * t.data.length);
    return t;
  };
  return [
    {
      ...stored,
      read: (name) => TE.map((t: g.Tensor) => seen(name, t))(stored.read(name)),
      rows: (name) => (first, count) => {
        const { dtype, shape, data } = own[name] as g.Tensor;
        const width = g.sizeOf(shape.slice(1));
        const values = data.slice(first * width, (first + count) * width);
        return TE.right(seen(name, g.tensor(dtype, [count, ...shape.slice(1)], values)));
      },
    },
    log,
  ];
};

const table = g.weight("table", [V, D]);
const tokens = g.input("tokens", ["T"], "i32");
const inner = g.linear(g.weight("inner", [D, D]));
const states = inner(inner(g.embedding(table, tokens)));
const last = g.gather(-2, g.input("position", [1], "i32"))(states);
const normed = g.rmsNorm(g.weight("gain", [D]), 1e-5)(last);
const graph = { logits: g.add(g.linear(table)(normed), g.weight("shift", [V])) };

const inputs: g.Tensors = { tokens: g.i32([4], [5, V - 1, 9, 9]), position: g.i32([1], [2]) };

const close = (got: g.Tensor | undefined, expected: g.Tensor): void => {
  assert.equal(got?.shape, expected.shape);
  const most = Math.max(...[...expected.data].map(Math.abs));
  expected.data.forEach((value, i) => {
    const off = Math.abs(value - (got?.data[i] ?? Number.NaN));
    assert.ok(off <= 1e-5 * most, `logit ${i}: ${got?.data[i]} for ${value}`);
  });
};

test("a run with room for a piece and not for the vocabulary gives the same numbers", async () => {
  const expected = g.orThrow(g.evaluate(graph, { ...tensors, ...inputs })).logits as g.Tensor;
  for (const memory of [1e10, whole / 2]) {
    const [weights, log] = fileOf(tensors);
    const backend = await open({ memory });
    const runner = await backend.prepare(graph, weights)().then(g.orThrow);
    for (let run = 0; run < 2; run++) close((await runner.run(inputs)().then(g.orThrow)).logits, expected);
    const reads = log.reads.filter((name) => name === "table").length;
    assert.ok(log.most <= whole / 2, `${log.most} bytes in one piece`);
    const ids = 4; // stretches of the prompt's ids, read in each run
    const pieces = 3;
    assert.is(reads, memory < whole ? 2 * (ids + pieces) : 2 * ids + pieces);
    runner.dispose();
  }
});

test("what is foreseen of such a run has one piece of the vocabulary", () => {
  const [weights] = fileOf(tensors);
  const told = g.orThrow(foresee(graph, weights, { T: 4 }, { budgetBytes: whole / 2 }));
  assert.ok(told.peak <= whole / 2);
  assert.ok(told.allWeights >= whole);
});

test("pieces are as large as the largest other matrix, and stand alone", () => {
  const [weights] = fileOf(tensors);
  const few = (fewest: number) => pieced(graph, weights, fewest).pieces.size;
  assert.is(few(V * D), 0);
  // Its gather would have it whole.
  assert.is(few(2 ** 20), 0);
  const alone = { logits: g.linear(table)(normed2) };
  const made = pieced(alone, weights, 1);
  assert.is(made.pieces.size, Math.ceil(V / Math.ceil(V / Math.ceil((V * D) / (D * D)))));
  const base = g.orThrow(basePlan(made.graph, {}, made.pieces));
  assert.is(base.pieces.size, made.pieces.size);
  for (const { sources } of base.segments) {
    const own = [...sources.values()].filter(({ kind, name }) => kind === "weight" && base.pieces.has(name));
    assert.ok(own.length <= 1);
    if (own.length === 1) assert.is([...sources.values()].filter(({ kind }) => kind === "weight").length, 1);
  }
  const rows = [...made.pieces].map((name) => made.weights.describe(name)?.shape[0] ?? 0);
  assert.is(
    rows.reduce((a, b) => a + b, 0),
    V,
  );
});

const normed2 = g.rmsNorm(g.weight("gain", [D]), 1e-5)(inner(g.input("x", [N, D])));

test("a matrix that is wanted whole stays so", () => {
  const [weights] = fileOf(tensors);
  const x = g.input("x", [N, D]);
  const none = (of: g.Graph, from = weights): void => assert.is(pieced(of, from, 1).pieces.size, 0);
  none({ y: g.linear(table)(x) }, g.weightsOf(tensors));
  none({ y: g.linear(table)(x), table });
  none({ y: g.linear(table)(x), z: g.matmul(g.linear(table)(x), table) });
  none({ y: g.linear(table)(g.mul(2, table)) });
});

test.run();
