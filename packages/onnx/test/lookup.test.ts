// An embedding is not read for a few of its rows: a run reads those that its ids name, or takes them from where the table is kept.
import * as g from "@depass/graph";
import { noise } from "@depass/graph/testing";
import * as E from "fp-ts/lib/Either.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { lookedUp } from "../src/weights/lookup.ts";
import { open } from "./backends.ts";

const test = suite("lookup");

const [V, D] = [40, 6];

const bits = (value: number): number => (new Uint32Array(Float32Array.of(value).buffer)[0] as number) >>> 16;

const tables: Readonly<Record<string, g.Tensor>> = {
  f32: g.f32(
    [V, D],
    Float32Array.from({ length: V * D }, (_, i) => noise(i, 1)),
  ),
  bf16: g.tensor(
    "bf16",
    [V, D],
    Uint16Array.from({ length: V * D }, (_, i) => bits(noise(i, 2))),
  ),
  f16: g.tensor(
    "f16",
    [V, D],
    Uint16Array.from({ length: V * D }, (_, i) => 0x3000 + i),
  ),
};

const gain = g.f32(
  [D],
  Float32Array.from({ length: D }, (_, i) => 1 + i / 8),
);

type Read = { readonly whole: string[]; readonly rows: (readonly [first: number, count: number])[] };

/** Weights that have rows alone, and what was read of them. */
const withRows = (
  tensors: g.Tensors,
  change: (rows: g.Tensor) => g.Tensor = (rows) => rows,
): readonly [weights: g.Weights, read: Read] => {
  const stored = g.weightsOf(tensors);
  const read: Read = { whole: [], rows: [] };
  const weights: g.Weights = {
    ...stored,
    read: (name) => {
      read.whole.push(name);
      return stored.read(name);
    },
    rows: (name) => (first, count) => {
      const { dtype, shape, data } = tensors[name] as g.Tensor;
      const width = g.sizeOf(shape.slice(1));
      if (shape.length > 1) read.rows.push([first, count]);
      const values = data.slice(first * width, (first + count) * width);
      return TE.right(change(g.tensor(dtype, [count, ...shape.slice(1)], values)));
    },
  };
  return [weights, read];
};

const table = g.weight("table", [V, D]);
const states = g.embedding(table, g.input("tokens", ["T"], "i32"));
const untied = { y: g.mul(g.weight("gain", [D]), states) };
const tied = { y: g.linear(table)(g.mul(g.weight("gain", [D]), states)) };

const tokens = (...ids: number[]): g.Tensors => ({ tokens: g.i32([ids.length], ids) });

const near = async (graph: g.Graph, tensors: g.Tensors, runner: g.Runner, inputs: g.Tensors): Promise<void> => {
  const { y } = await runner.run(inputs)().then(g.orThrow);
  const expected = g.orThrow(g.evaluate(graph, { ...tensors, ...inputs })).y as g.Tensor;
  assert.equal(y?.shape, expected.shape);
  for (const [i, value] of [...expected.data].entries()) assert.ok(Math.abs(value - (y?.data[i] ?? 1e9)) < 1e-5);
};

for (const [type, stored] of Object.entries(tables))
  test(`${type}: ids that follow one another are read together, the table never`, async () => {
    const tensors = { table: stored, gain };
    const [weights, read] = withRows(tensors);
    const backend = await open();
    const runner = await backend.prepare(untied, weights)().then(g.orThrow);
    await near(untied, tensors, runner, tokens(7, 8, 9, 3, 3, V - 1, 0));
    assert.equal(read.whole, ["gain"]);
    assert.equal(
      [...read.rows].sort(([a], [b]) => a - b),
      [
        [0, 1],
        [3, 1],
        [3, 1],
        [7, 3],
        [V - 1, 1],
      ],
    );
    await near(untied, tensors, runner, tokens(5));
    runner.dispose();
  });

test("a table that is kept for its other use gives its rows itself", async () => {
  const tensors = { table: tables.f32 as g.Tensor, gain };
  const [weights, read] = withRows(tensors);
  const backend = await open();
  const runner = await backend.prepare(tied, weights)().then(g.orThrow);
  await near(tied, tensors, runner, tokens(7, 2, 2));
  assert.equal(read.whole.sort(), ["gain", "table"]);
  assert.equal(read.rows, []);
  runner.dispose();
});

test("what is not f32 is read by pieces, and as it was described", async () => {
  const tensors = { table: tables.bf16 as g.Tensor, gain };
  const [weights, read] = withRows(tensors);
  const backend = await open();
  const runner = await backend.prepare(tied, weights)().then(g.orThrow);
  await near(tied, tensors, runner, tokens(7, 2, 2));
  assert.equal(read.whole, ["gain"]);
  assert.equal(read.rows, [[0, V]]);
  runner.dispose();
  for (const graph of [tied, untied]) {
    const [wrong] = withRows(tensors, (rows) => ({ ...rows, dtype: "f16" }));
    const prepared = await backend.prepare(graph, wrong)();
    const ended = E.isLeft(prepared) ? prepared : await prepared.right.run(tokens(1))();
    assert.ok(E.isLeft(ended));
    assert.match(g.showFaults(ended.left), "in bf16, as described");
  }
});

test("ids are checked before a row is read, and a fault of reading is the run's", async () => {
  const [weights, read] = withRows({ table: tables.f32 as g.Tensor, gain });
  const backend = await open();
  const runner = await backend.prepare(untied, weights)().then(g.orThrow);
  const beyond = await runner.run(tokens(1, V))();
  assert.ok(E.isLeft(beyond));
  assert.match(g.showFaults(beyond.left), `${V}`);
  assert.equal(read.rows, []);
  runner.dispose();
  const gone: g.Weights = { ...weights, rows: () => () => TE.left([g.fault("file", "table", "a file", "none")]) };
  const other = await backend.prepare(untied, gone)().then(g.orThrow);
  const ended = await other.run(tokens(1))();
  assert.ok(E.isLeft(ended));
  assert.match(g.showFaults(ended.left), "a file");
  other.dispose();
});

test("only a matrix's rows by a run's own ids are looked up; an input's name stays its own", () => {
  const [weights] = withRows({ table: tables.f32 as g.Tensor, gain });
  const none = (graph: g.Graph, of = weights): void => assert.is(lookedUp(graph, of).lookups.size, 0);
  none(untied, g.weightsOf({}));
  none({ y: g.gather(-2, g.mul(2, g.input("tokens", ["T"], "i32")))(table) });
  none({ y: g.gather(-1, g.input("tokens", ["T"], "i32"))(table) });
  none({ y: g.gather(-2, g.input("tokens", ["T", 2], "i32"))(table) });
  const { graph } = lookedUp({ ...untied, z: g.input("rows of table at tokens", ["T", D]) }, weights);
  assert.equal(
    g
      .leavesOf(graph)
      .map(({ params }) => params.name)
      .sort(),
    ["gain", "rows of table at tokens", "rows of table at tokens'"],
  );
});

test.run();
