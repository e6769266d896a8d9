// Each baseline against what defines it: differences of the model's own scores, the axioms of its paper, weights by hand.
import {
  add,
  attend,
  attentionWeights,
  constant,
  f32,
  type Graph,
  i32,
  input,
  intervene,
  mul,
  orThrow,
  reference,
  run,
  type Tensor,
  type Tensors,
  vjp,
} from "@depass/graph";
import { close } from "@depass/graph/testing";
import { loadModel, type Model, site } from "@depass/models";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  alongPath,
  attentionGradientRollout,
  attentionRollout,
  gradientTimesInput,
  integratedGradients,
} from "../src/baselines.ts";
import { scoresAlong } from "../src/scores.ts";
import { newFolder, remove, writeCheckpoint } from "./tiny.ts";

const test = suite<{ folder: string; model: Model }>("baselines");

test.before(async (context) => {
  context.folder = await newFolder();
  await writeCheckpoint(context.folder);
  context.model = await loadModel(context.folder)().then(orThrow);
});

test.after(async ({ folder, model }) => {
  await model.close();
  await remove(folder);
});

const [T, D, H] = [5, 16, 2];
const wave = (count: number, speed: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => Math.sin(speed * i + 1));
const asked = {
  tokens: i32([T], [10, 263, 40, 258, 7]),
  position: i32([1], [T - 1]),
  directions: f32([2, D], wave(2 * D, 0.7)),
};
/** Of the two directions the second. */
const given = { ...asked, "cotangent.scores": f32([2], [0, 1]) };
const start = wave(D, 0.3);
const [embedded, heads] = [site.residPre(0), site.attnZ(1)];

const scoresOf = ({ architecture }: Model): Graph => ({ scores: scoresAlong(architecture) });

const values = async (model: Model, graph: Graph, inputs: Tensors): Promise<Tensors> => {
  const runner = await reference.prepare(graph, model.weights)().then(orThrow);
  return runner.run(inputs)().then(orThrow);
};

const at = (tensor: Tensor | undefined, i: number): number => tensor?.data[i] as number;
const total = (data: ArrayLike<number>): number => Array.from(data).reduce((a, b) => a + b, 0);
const near = (actual: number, expected: number, bound: number, what: string): void =>
  assert.ok(Math.abs(actual - expected) < bound, `${what}: ${actual}, expected ${expected}`);

/** How fast the second score grows with a factor at one place of a site. */
const slope = async (model: Model, place: string, shape: readonly number[], i: number): Promise<number> => {
  const scaled = orThrow(
    intervene({ [place]: (x) => mul(x, input("scale", ["T", ...shape.slice(1)])) })(scoresOf(model)),
  );
  const count = shape.reduce((a, b) => a * b, 1);
  const scoreAt = async (factor: number): Promise<number> => {
    const scale = f32(
      shape,
      Array.from({ length: count }, (_, k) => (k === i ? factor : 1)),
    );
    return at((await values(model, scaled, { ...asked, scale })).scores, 1);
  };
  return ((await scoreAt(1 + 2 ** -10)) - (await scoreAt(1 - 2 ** -10))) * 2 ** 9;
};

test("gradient × input is the slope of scaling the value, for tokens and for heads", async ({ model }) => {
  const graph = orThrow(gradientTimesInput(scoresOf(model), { of: ["scores"], sites: [embedded, heads] }));
  const found = await values(model, graph, given);
  assert.equal(found[embedded]?.shape, [T, 1]);
  assert.equal(found[heads]?.shape, [T, H, 1]);
  for (const i of [0, 3]) near(at(found[embedded], i), await slope(model, embedded, [T, 1], i), 1e-4, `token ${i}`);
  for (const i of [2, 9]) near(at(found[heads], i), await slope(model, heads, [T, H, 1], i), 1e-4, `head ${i}`);
});

test("measured from another value it lacks the gradient times that value", async ({ model }) => {
  const options = { of: ["scores"], sites: [embedded] };
  const from = { [embedded]: constant(start) };
  const whole = await values(model, orThrow(gradientTimesInput(scoresOf(model), options)), given);
  const moved = await values(model, orThrow(gradientTimesInput(scoresOf(model), { ...options, from })), given);
  const gradients = await values(model, orThrow(vjp(scoresOf(model), { of: ["scores"], wrt: [embedded] })), given);
  for (let t = 0; t < T; t++) {
    const lacks = total(start.map((v, d) => v * at(gradients[`grad.${embedded}`], t * D + d)));
    near(at(whole[embedded], t) - at(moved[embedded], t), lacks, 1e-9, `token ${t}`);
  }
});

test("integrated gradients sum to what the path changes", async ({ model }) => {
  const from = constant(start);
  const graph = orThrow(integratedGradients(scoresOf(model), { of: ["scores"], site: embedded, from }));
  const runner = await reference.prepare(graph, model.weights)().then(orThrow);
  const integral = async (steps: number) => total(await alongPath(runner, given, steps)().then(orThrow));
  const begun = orThrow(intervene({ [embedded]: (x) => add(mul(x, 0), from) })(scoresOf(model)));
  const change =
    at((await values(model, scoresOf(model), asked)).scores, 1) - at((await values(model, begun, asked)).scores, 1);
  near(await integral(50), change, 1e-3, "50 steps");
  assert.ok(
    Math.abs((await integral(1)) - change) > 1e-2,
    "one step is too few, so that the bound above says something",
  );
});

test("rollout's rows sum to 1, and no token flows to an earlier one", async ({ model }) => {
  const rollout = orThrow(attentionRollout(model.architecture.normed));
  const { rollout: rows } = await values(model, { rollout }, { tokens: asked.tokens });
  assert.equal(rows?.shape, [T, T]);
  for (let q = 0; q < T; q++) {
    const row = Array.from(rows?.data.slice(q * T, (q + 1) * T) ?? []);
    near(total(row), 1, 1e-12, `row ${q}`);
    assert.ok(
      row.every((flow, k) => (k > q ? flow === 0 : flow > 0)),
      `row ${q}`,
    );
  }
});

const perHead = (name: string) => input(name, ["T", 2, 1]);
/** With keys of zero: [[1, 0], [1/2, 1/2]] for two tokens, in both heads. */
const even = attentionWeights(1);
const nothing = f32([2, 2, 1], [0, 0, 0, 0]);

test("rollout of two layers whose weights are known", async () => {
  const lower = attend(even(perHead("q"), perHead("k")), perHead("v"));
  const upper = attend(even(lower, perHead("k")), lower);
  const graph = { rollout: orThrow(attentionRollout(upper)) };
  const { rollout } = await run(reference, graph, { q: nothing, k: nothing, v: nothing });
  // Half of it is the stream: each layer is [[1, 0], [1/4, 3/4]]; two of them.
  close(rollout as Tensor, f32([2, 2], [1, 0, 7 / 16, 9 / 16]));
});

test("rollout by gradients of one layer, by hand", async () => {
  const mixed = attend(even(perHead("q"), perHead("k")), perHead("v"));
  const graph = orThrow(attentionGradientRollout({ mixed }, { of: ["mixed"] }));
  const { relevance } = await run(reference, graph, {
    q: nothing,
    k: nothing,
    v: f32([2, 2, 1], [2, -4, 6, 8]),
    "cotangent.mixed": f32([2, 2, 1], [0, 0, 1, 1]),
  });
  // The last row's gradients are the values: mean of 2/2 and 0 (-4 speaks against), mean of 6/2 and 8/2; and the identity.
  close(relevance as Tensor, f32([2, 2], [1, 0, 0.5, 4.5]));
});

test("rollout by gradients takes a whole model", async ({ model }) => {
  const graph = orThrow(attentionGradientRollout(scoresOf(model), { of: ["scores"] }));
  const { relevance } = await values(model, graph, given);
  const last = Array.from(relevance?.data.slice(-T) ?? []);
  assert.ok(last.every((x) => x >= 0) && last.some((x, k) => k < T - 1 && x > 0), `${last}`);
});

test("a graph without attention has no rollout", () => {
  const none = attentionRollout(input("x", ["T", 2]));
  assert.throws(() => orThrow(none), /expected attention weights, got none/);
});

test.run();
