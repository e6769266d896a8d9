// How a runner on ONNX Runtime behaves: prompts of any length, budgets, aborts, what is refused, what is given back.
import * as g from "@depass/graph";
import { close, noise } from "@depass/graph/testing";
import * as E from "fp-ts/lib/Either.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isPooled } from "../src/run/sessions.ts";
import { open, sameOn } from "./backends.ts";

const test = suite("run");

const backend = await open();

const x = g.input("x", ["T", 5]);
const w = g.weight("w", [3, 5]);
const y = g.exp(g.linear(w)(x));
const numbers = (n: number, seed = 0): Float32Array => Float32Array.from({ length: n }, (_, i) => noise(i, seed));
const given = (T: number): g.Tensors => ({ x: g.f32([T, 5], numbers(5 * T)), w: g.f32([3, 5], numbers(15, 1)) });
const expected = (T: number): g.Tensor => g.orThrow(g.evaluate({ y }, given(T))).y as g.Tensor;
const prompt = (T: number): g.Tensors => ({ x: given(T).x as g.Tensor });
const prepared = (graph: g.Graph, tensors: g.Tensors): Promise<g.Runner> =>
  backend.prepare(graph, g.weightsOf(tensors))().then(g.orThrow);
const faults = (result: E.Either<readonly g.Fault[], unknown>): string =>
  E.isLeft(result) ? g.showFaults(result.left) : (assert.unreachable("a value") ?? "");

test("one runner serves prompts of any length, one after the other and at once", async () => {
  const runner = await prepared({ y }, given(1));
  for (const T of [3, 1, 70, 3])
    close((await runner.run(prompt(T))().then(g.orThrow)).y as g.Tensor, expected(T), { rtol: 1e-5 });
  const fresh = await prepared({ y }, given(1));
  const both = await Promise.all([2, 9].map((T) => fresh.run(prompt(T))().then(g.orThrow)));
  for (const [i, T] of [2, 9].entries()) close(both[i]?.y as g.Tensor, expected(T), { rtol: 1e-5 });
  runner.dispose();
  fresh.dispose();
});

test("a runner that was disposed of says so, however often", async () => {
  const runner = await prepared({ y }, given(1));
  await runner.run(prompt(2))().then(g.orThrow);
  runner.dispose();
  runner.dispose();
  assert.match(faults(await runner.run(prompt(2))()), "run: expected a runner that was not disposed of");
});

test("results stay what they are when the runner goes on", async () => {
  const runner = await prepared({ y, x }, given(1));
  const first = (await runner.run(prompt(4))().then(g.orThrow)).y as g.Tensor;
  const before = Float32Array.from(first.data);
  await runner
    .run({ x: g.f32([4, 5], numbers(20, 9)) })()
    .then(g.orThrow);
  runner.dispose();
  assert.equal(first.data, before);
});

test("weights stored as bf16 or f16 are the numbers they stand for", async () => {
  const bits = Uint16Array.of(0x3f80, 0x4000, 0xbf80, 0, 0x3f00, 0x3f80, 0x4000, 0xbf80, 0, 0x3f00, 1, 2, 3, 4, 5);
  for (const type of ["bf16", "f16"] as const)
    await sameOn(backend, { y }, { ...given(3), w: g.tensor(type, [3, 5], bits) });
});

test("what does not fit is told before anything happens", async () => {
  const graph = { z: g.linear(g.weight("v", [2, 3]))(y) };
  const missing = faults(await backend.prepare(graph, g.weightsOf({ w: g.f32([5, 3], numbers(15)) }))());
  assert.equal(missing.split("\n").sort(), [
    "weight v: expected a tensor [2, 3], got none",
    "weight w: expected [3, 5], got [5, 3]",
  ]);
  const runner = await prepared({ y, e: g.embedding(w, g.input("ids", ["P"], "i32")) }, given(1));
  const ids = g.i32([1], [0]);
  const run = async (tensors: g.Tensors): Promise<string> => faults(await runner.run(tensors)());
  assert.match(await run(prompt(2)), "input ids: expected a tensor [P], got none");
  assert.match(await run({ x: g.f32([5], numbers(5)), ids }), "input x: expected [T, 5]");
  assert.match(await run({ ...prompt(2), ids: g.i32([2], [1, 3]) }), "input ids[1]: expected a whole number below 3");
  assert.match(await run({ ...prompt(2), ids: g.i32([1], [-1]) }), "got -1");
  assert.match(await run({ x: g.f32([0, 5], []), ids }), "size T: expected a whole number of at least 1");
  runner.dispose();
});

test("weights must be what was described, and readable", async () => {
  const described = g.weightsOf(given(1));
  for (const other of [g.tensor("bf16", [3, 5], new Uint16Array(15)), g.f32([3, 5], [1]), g.f32([5, 3], numbers(15))]) {
    const result = await backend.prepare({ y }, { ...described, read: () => TE.right(other) })();
    assert.match(faults(result), "weight w: expected [3, 5] in f32, as described");
  }
  const broken: g.Weights = { ...described, read: () => TE.left([g.fault("io", "file", "bytes", "none")]) };
  assert.match(faults(await backend.prepare({ y }, broken)()), "file: expected bytes");
});

test("each matrix is read once, when the graph is made ready, whatever is derived of it", async () => {
  const normed = g.rmsNorm(g.weight("gain", [5]), 1e-5)(x);
  const graph = { a: g.linear(w)(normed), b: g.linear(g.weight("v", [2, 5]))(normed) };
  const tensors = { ...given(3), gain: g.f32([5], numbers(5, 2)), v: g.f32([2, 5], numbers(10, 3)) };
  const reads: string[] = [];
  const stored = g.weightsOf(tensors);
  const counted: g.Weights = {
    ...stored,
    read: (name) => {
      reads.push(name);
      return stored.read(name);
    },
  };
  const runner = await backend.prepare(graph, counted)().then(g.orThrow);
  for (const name of ["w", "v"]) assert.is(reads.filter((r) => r === name).length, 1, name);
  const before = reads.length;
  const out = await runner.run(prompt(3))().then(g.orThrow);
  assert.is(reads.length, before);
  const wanted = g.orThrow(g.evaluate(graph, tensors));
  for (const name of ["a", "b"]) close(out[name] as g.Tensor, wanted[name] as g.Tensor, { rtol: 1e-5 });
  runner.dispose();
});

const DEPTH = 40;

/** A chain of layers that are alike, so that it is cut. */
const layers = Array.from({ length: DEPTH }, (_, l) => g.weight(`w${l}`, [5, 5])).reduce(
  (z, m) => g.add(z, g.tanh(g.linear(m)(g.cos(g.mul(z, z))))),
  x,
);
const layerWeights = Object.fromEntries(
  Array.from({ length: DEPTH }, (_, l) => [`w${l}`, g.f32([5, 5], numbers(25, l))]),
);

test("an abort is answered: while weights are read, before a run, and between its segments", async () => {
  const stop = { signal: { aborted: true } };
  assert.match(faults(await backend.prepare({ layers }, g.weightsOf(layerWeights), stop)()), "got an abort signal");
  const cutting = await open({ cuts: [20, 40, 60, 80, 100] });
  const runner = await cutting.prepare({ layers }, g.weightsOf(layerWeights))().then(g.orThrow);
  assert.match(faults(await runner.run(prompt(2), stop)()), "run: expected to finish, got an abort signal");
  const signal = { aborted: false };
  const seen: g.Progress[] = [];
  const progress = (p: g.Progress): void => {
    seen.push(p);
    signal.aborted = p.done >= 2;
  };
  assert.match(faults(await runner.run(prompt(2), { signal, progress })()), "got an abort signal");
  assert.equal(
    seen.map((p) => [p.done, p.total]),
    [
      [0, 6],
      [1, 6],
      [2, 6],
    ],
  );
  await runner.run(prompt(2))().then(g.orThrow);
  runner.dispose();
});

test("a run beyond the memory limit is refused with its bytes; within it, it runs", async () => {
  const weights = 4 * 15;
  const tiny = await open({ memory: weights - 1 });
  const without = await tiny
    .prepare({ y }, g.weightsOf(given(1)))()
    .then(g.orThrow);
  assert.match(faults(await without.run(prompt(1))()), "a run with T = 1: expected at most");
  const small = await open({ memory: weights + 4 * 3 * 100 });
  const runner = await small
    .prepare({ y }, g.weightsOf(given(1)))()
    .then(g.orThrow);
  assert.match(
    faults(await runner.run(prompt(1000))()),
    /a run with T = 1000: expected at most .* got .*; raise --memory/,
  );
  close((await runner.run(prompt(3))().then(g.orThrow)).y as g.Tensor, expected(3), { rtol: 1e-5 });
  runner.dispose();
});

test("sessions are pooled where they have many nodes, and twice their values is little", () => {
  const sized = (...nodes: number[]) => nodes.map((n) => ({ program: { nodes: n } }));
  const MiB = 2 ** 20;
  const pooled = (values: number, free: number, ...nodes: number[]): boolean =>
    isPooled(
      { variant: undefined, bytes: (values + 10) * MiB, weights: 10 * MiB, steps: sized(...nodes) },
      { nodes: nodes[0] ?? 0 },
      free * MiB,
    );
  assert.ok(pooled(100, 1000, 300, 20));
  assert.not(pooled(100, 1000, 20, 300), "few nodes");
  assert.not(pooled(300, 1000, 300), "more than the most that is kept");
  assert.not(pooled(100, 1000, 300, 300, 300), "each session keeps its own");
  assert.not(pooled(100, 250, 300), "a limit");
});

test.run();
