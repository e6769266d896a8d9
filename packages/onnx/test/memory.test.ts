// Weights that stay and weights that come and go: the ways that a limit leaves give the same numbers, read what they say they
// read, and stay below what they foresee.
import * as g from "@depass/graph";
import { modelOf, noise } from "@depass/graph/testing";
import * as E from "fp-ts/lib/Either.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { departures, weightsIn } from "../src/memory/memory.ts";
import { usuallyKept, usualStreaming } from "../src/memory/way.ts";
import { basePlan, stepsFor } from "../src/plan/plan.ts";
import { variantFor } from "../src/plan/variant.ts";
import { foresee } from "../src/run/foresee.ts";
import { open, same, sameOn } from "./backends.ts";
import { packed, wide } from "./packed.ts";

const test = suite("memory");

type Way = g.Foreseen & { readonly memory: number };

/** The ways that limits leave, from what the fastest takes down to where none is left. */
const waysUnder = (graph: g.Graph, weights: g.Weights, sizes: g.Sizes): readonly Way[] => {
  const found: Way[] = [];
  for (let memory = 1e12; ; ) {
    const way = foresee(graph, weights, sizes, { budgetBytes: memory });
    if (E.isLeft(way)) return found;
    found.push({ ...way.right, memory: way.right.peak });
    memory = way.right.peak - 1;
  }
};

const streams = ({ weights, allWeights }: g.Foreseen): boolean => weights < allWeights;

test("every way that a limit leaves gives the evaluator's numbers", async () => {
  const model = modelOf({ ...wide, layers: 6, tokens: 24 });
  const graph = packed(model);
  const ways = waysUnder(graph, g.weightsOf(model.tensors), { T: 24 });
  assert.equal(ways.map(streams), [false, true, true], "kept, streamed, streamed with chunks apart");
  const bound = 4 * 24; // bytes of the input that only binds T there
  for (const { memory } of ways)
    await sameOn(await open({ memory: memory + bound }), graph, model.tensors, model.sizes, { rtol: 1e-4 });
});

/** Layers as wide as they are long, whose weights are most of what a run takes. */
const [DEPTH, WIDTH] = [12, 64];
const x = g.input("x", ["T", WIDTH]);
const gain = (l: number): string => `gain ${l}`;
const matrix = (l: number): string => `matrix ${l}`;
const y = Array.from({ length: DEPTH }, (_, l) => l).reduce(
  (z, l) =>
    g.add(z, g.tanh(g.linear(g.weight(matrix(l), [WIDTH, WIDTH]))(g.rmsNorm(g.weight(gain(l), [WIDTH]), 1e-5)(z)))),
  x,
);
const graph = { y };
const numbers = (n: number, seed: number): Float32Array => Float32Array.from({ length: n }, (_, i) => noise(i, seed));
const bf16 = (n: number, seed: number): Uint16Array =>
  Uint16Array.from(numbers(n, seed), (v) => (new Uint32Array(Float32Array.of(v).buffer)[0] as number) >>> 16);
const tensors = (type: "bf16" | "f32"): g.Tensors =>
  Object.fromEntries(
    Array.from({ length: DEPTH }, (_, l) => [
      [gain(l), g.f32([WIDTH], numbers(WIDTH, l))] as const,
      [
        matrix(l),
        type === "f32"
          ? g.f32([WIDTH, WIDTH], numbers(WIDTH * WIDTH, l))
          : g.tensor("bf16", [WIDTH, WIDTH], bf16(WIDTH * WIDTH, l)),
      ] as const,
    ]).flat(),
  );
const cuts = Array.from({ length: DEPTH - 1 }, (_, l) => 8 * (l + 1));
const prompt = { x: g.f32([3, WIDTH], numbers(3 * WIDTH, 99)) };

/** Weights that count how often each was read. */
const counted = (own: g.Tensors): readonly [weights: g.Weights, reads: Map<string, number>] => {
  const stored = g.weightsOf(own);
  const reads = new Map<string, number>();
  const read = (name: string): g.Faulty<g.Tensor> => {
    reads.set(name, (reads.get(name) ?? 0) + 1);
    return stored.read(name);
  };
  return [{ ...stored, read }, reads];
};

for (const type of ["bf16", "f32"] as const)
  test(`${type} weights that do not fit together are read once in each run, and are never the run's to write into`, async () => {
    const own = tensors(type);
    const copies = Object.fromEntries(Object.entries(own).map(([name, t]) => [name, { ...t, data: t.data.slice() }]));
    const [weights, reads] = counted(own);
    const memory = 4 * WIDTH * WIDTH * 5;
    const backend = await open({ memory, cuts });
    const runner = await backend.prepare(graph, weights)().then(g.orThrow);
    assert.is(reads.size, 0, "nothing is read ahead that will not stay");
    const wanted = g.orThrow(g.evaluate(graph, { ...own, ...prompt }));
    for (const times of [1, 2]) {
      same(["y"], await runner.run(prompt)().then(g.orThrow), wanted, { rtol: 1e-4 });
      for (let l = 0; l < DEPTH; l++) assert.is(reads.get(matrix(l)), times);
    }
    assert.equal(own, copies);
    runner.dispose();
  });

test("what is kept is read once for all runs, by whichever needs it first", async () => {
  const [weights, reads] = counted(tensors("bf16"));
  const backend = await open({ cuts });
  const runner = await backend.prepare(graph, weights)().then(g.orThrow);
  assert.ok(Array.from({ length: DEPTH }, (_, l) => reads.get(matrix(l))).every((n) => n === 1));
  await Promise.all([runner.run(prompt)().then(g.orThrow), runner.run(prompt)().then(g.orThrow)]);
  assert.ok(Array.from({ length: DEPTH }, (_, l) => reads.get(matrix(l))).every((n) => n === 1));
  runner.dispose();
});

test("what one runner keeps is missing to another of the same backend, which then lets its own weights come and go", async () => {
  const all = 4 * WIDTH * WIDTH * DEPTH;
  const backend = await open({ memory: 1.6 * all, cuts });
  const [[first], [second, reads]] = [counted(tensors("bf16")), counted(tensors("bf16"))];
  const one = await backend.prepare(graph, first)().then(g.orThrow);
  const other = await backend.prepare(graph, second)().then(g.orThrow);
  assert.is(reads.size, 0);
  const wanted = g.orThrow(g.evaluate(graph, { ...tensors("bf16"), ...prompt }));
  for (const times of [1, 2]) {
    same(["y"], await other.run(prompt)().then(g.orThrow), wanted, { rtol: 1e-4 });
    assert.is(reads.get(matrix(0)), times);
  }
  one.dispose();
  for (const times of [3, 3]) {
    same(["y"], await other.run(prompt)().then(g.orThrow), wanted, { rtol: 1e-4 });
    assert.is(reads.get(matrix(0)), times, "kept from now on");
  }
  other.dispose();
});

test("a weight that cannot be read, or an abort, ends a run that streams; the next one goes on", async () => {
  const stored = g.weightsOf(tensors("bf16"));
  const state = { broken: true, signal: { aborted: false } };
  const weights: g.Weights = {
    ...stored,
    read: (name) => {
      if (name === matrix(5) && state.broken) return TE.left([g.fault("io", name, "bytes", "none")]);
      if (name === matrix(7)) state.signal.aborted = true;
      return stored.read(name);
    },
  };
  const backend = await open({ memory: 4 * WIDTH * WIDTH * 5, cuts });
  const runner = await backend.prepare(graph, weights)().then(g.orThrow);
  const ended = async (options: g.RunOptions): Promise<string> => {
    const result = await runner.run(prompt, options)();
    return E.isLeft(result) ? g.showFaults(result.left) : "a value";
  };
  assert.is(await ended({}), "matrix 5: expected bytes, got none");
  state.broken = false;
  state.signal.aborted = false;
  assert.match(await ended({ signal: state.signal }), "got an abort signal");
  same(
    ["y"],
    await runner.run(prompt)().then(g.orThrow),
    g.orThrow(g.evaluate(graph, { ...tensors("bf16"), ...prompt })),
    {
      rtol: 1e-4,
    },
  );
  runner.dispose();
});

test("long prompts leave weights unread until they are wanted; short ones, and graphs without parts, keep them", () => {
  const base = g.orThrow(basePlan(packed(modelOf({ ...wide, tokens: 16 }))));
  const lengths = [127, 128, 255, 256];
  const usual = (of: typeof base) => lengths.map((T) => usualStreaming(of, { T }));
  assert.equal(usual(base), [undefined, undefined, undefined, "once"]);
  const pieces = new Set(base.weights.slice(0, 2));
  assert.equal(usual({ ...base, pieces }), [undefined, "pieces", "pieces", "once"]);
  assert.is(usualStreaming(base, {}), undefined, "as long as nobody says how long they are");
  assert.is(usualStreaming(g.orThrow(basePlan(graph)), { T: 4096 }), undefined);
  const kept = [64, 128, 256].map((T) => usuallyKept({ ...base, pieces }, { T }));
  assert.equal(kept, [base.weights, base.weights.slice(2), []]);
});

test("a weight goes behind the last step of its segment that reads it, and nothing is read after it went", () => {
  const base = g.orThrow(basePlan(packed(modelOf({ ...wide, layers: 3, tokens: 16 })), { apart: 1 }));
  const { layout } = base;
  const steps = g.orThrow(stepsFor(base, layout && variantFor(layout, 16, false), new Map()));
  const leaving = departures(steps, "again", new Set(base.weights));
  assert.ok(steps.length > base.segments.length);
  const gone = new Set<string>();
  steps.forEach((step, i) => {
    for (const name of weightsIn(step)) assert.not(gone.has(`${step.segment} ${name}`), name);
    for (const name of leaving[i] ?? []) gone.add(`${step.segment} ${name}`);
  });
  const read = new Set(steps.flatMap((step) => weightsIn(step).map((name) => `${step.segment} ${name}`)));
  assert.equal([...gone].sort(), [...read].sort());
});

test("what a session hands over a second time is counted", () => {
  const T = 1000;
  const told = (made: g.Graph): number =>
    g.orThrow(foresee(made, g.weightsOf({}), { T }, { budgetBytes: 1e9 })).activations;
  const line = g.input("line", ["T"]);
  // Each output and its copy. What is inside is gone before the copies are there: two summands, and what one is made of.
  assert.is(told({ a: g.exp(line) }), 2 * 4 * T);
  assert.is(told({ a: g.exp(line), b: g.tanh(line) }), 2 * 8 * T);
  assert.is(told({ a: g.exp(g.add(g.tanh(line), g.tanh(g.exp(line)))) }), (1 + 3) * 4 * T);
});

test.run();
