// A prompt of a tiny checkpoint whose first neuron gets next to the published edge of the attention at the last token.
// Expected values are what plain runs give with the same weights but for that gate input, a rounding or more away from it.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Backend,
  decompose,
  f32,
  i32,
  orThrow,
  partsName,
  reference,
  softmaxRule,
  type Tensor,
  type Tensors,
  toF64,
  type Weights,
  weightsOf,
} from "@depass/graph";
import { entryOf, loadModel, type Model, site, writeSafetensors } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { EDGE, lastAsRemainder } from "../../conformance/calls.ts";
import { inFull, type Outcome, passes, showOutcome } from "../../conformance/compare.ts";
import { readExpected } from "../../conformance/expected.ts";
import { atSite } from "../../conformance/family.ts";
import { checkPrompts } from "../../conformance/prompts.ts";
import { openBackend } from "../../src/backends.ts";
import { atPosition } from "../../src/explanation.ts";
import { attentionLevel } from "../../src/levels.ts";
import { newFolder, PARIS, remove, THE, writeCheckpoint } from "../tiny.ts";

const GATE = "model.layers.0.mlp.gate_proj.weight";
const TENSOR = "attn.0.target";
const TOLERANCE = 5e-5;
/** Rounding may take a gate input of this size a few times 1e-7 to either side. */
const NEAR = 1e-7;

const folders = { model: await newFolder(), expected: await newFolder() };
await writeCheckpoint(folders.model);
const loaded = orThrow(await loadModel(folders.model)());
const plain = orThrow(await readExpected(folders.model, "model.safetensors")());
const text = "on the Paris";
const { ids } = orThrow(loaded.tokenizer.encode(text, { special: true }));

const run = async (weights: Weights, graph: Parameters<Backend["prepare"]>[0], inputs: Tensors): Promise<Tensors> =>
  orThrow(await orThrow(await reference.prepare(graph, weights)()).run(inputs)());

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);

/** What the first MLP reads at the last token: the stream before the attention, and what that added, over the norm. */
const read = async ({ architecture, weights }: Model): Promise<readonly [Float64Array, Float64Array]> => {
  const last = (name: string) => atPosition(atSite(architecture, name));
  const inputs = { tokens: i32([ids.length], ids), position: i32([1], [ids.length - 1]) };
  const out = await run(weights, { before: last(site.residPre(0)), added: last(site.attnOut(0)) }, inputs);
  const [before, added] = [toF64(out.before as Tensor), toF64(out.added as Tensor)];
  const whole = before.map((x, d) => x + (added[d] as number));
  const scale = 1 / Math.sqrt(dot(whole, whole) / whole.length + 1e-5);
  return [before.map((x) => x * scale), added.map((x) => x * scale)];
};

const [before, added] = await read(loaded);

/** Weights whose first neuron gets `gate` from the attention, and -0.1 from the stream before it. */
const weightsFor = (gate: number): Tensors => {
  const row = before.map((x) => (-0.1 * x) / dot(before, before));
  const across = added.map((x, d) => x - (dot(added, before) / dot(before, before)) * (before[d] as number));
  const more = (gate - dot(row, added)) / dot(across, added);
  const { shape, data } = plain[GATE] as Tensor;
  const rows = Float32Array.from(data);
  rows.set(row.map((x, d) => x + more * (across[d] as number)));
  return { ...plain, [GATE]: f32(shape, rows) };
};

/** Scores of the two parts by a plain run, as the published code takes the edge. */
const scoresOf = async (weights: Tensors): Promise<Float64Array> => {
  const { normed, hidden } = loaded.architecture;
  const seed = orThrow(attentionLevel(loaded.architecture, 0));
  const { graph } = orThrow(
    decompose({ normed: atPosition(normed) }, { seed, rule: lastAsRemainder(softmaxRule(0.1)) }),
  );
  const inputs = { tokens: i32([ids.length], ids), position: i32([1], [ids.length - 1]) };
  const parts = toF64((await run(weightsOf(weights), graph, inputs))[partsName("normed")] as Tensor);
  const table = toF64(plain["model.embed_tokens.weight"] as Tensor);
  const row = table.subarray(PARIS * hidden, (PARIS + 1) * hidden);
  return Float64Array.from([0, 1], (m) => dot(parts.subarray(m * hidden, (m + 1) * hidden), row));
};

const write = async (path: string, tensors: Tensors): Promise<void> => {
  const entries = Object.entries(tensors).map(([name, tensor]) => entryOf(name, tensor));
  orThrow(await writeSafetensors(path, entries)());
};

/** The outcome of the one tensor for a model and expected values, as a folder holds them. */
const outcomeOf = async (model: Tensors, scores: Float64Array, backend: Backend = reference): Promise<Outcome> => {
  await write(join(folders.model, "model.safetensors"), model);
  await write(join(folders.expected, "p.safetensors"), { [TENSOR]: f32([2], scores) });
  const prompts = { p: { text, ids, target: PARIS, foil: THE } };
  await writeFile(join(folders.expected, "index.json"), JSON.stringify(prompts));
  const found: Outcome[] = [];
  const report = (outcomes: readonly Outcome[]): void => void found.push(...outcomes);
  orThrow(await checkPrompts(folders.expected, folders.model, inFull(backend, TOLERANCE), report)());
  assert.equal(
    found.map(({ name }) => name),
    ["p ids", `p ${TENSOR}`],
  );
  return found[1] as Outcome;
};

const [below, above] = [weightsFor(EDGE - NEAR), weightsFor(EDGE + NEAR)];

/** A device whose roundings are those of other weights. */
const roundingAs = (weights: Tensors): Backend => ({
  ...reference,
  name: "other",
  prepare: (graph) => reference.prepare(graph, weightsOf(weights)),
});

test("a neuron on the same side of the edge is compared as any other", async () => {
  const outcome = await outcomeOf(below, await scoresOf(below));
  assert.is(outcome.kind, "compared");
  assert.ok(passes(outcome), showOutcome("tiny", outcome));
});

test("one that rounding may take to the other side is told apart, with its place and the error without", async () => {
  const outcome = await outcomeOf(below, await scoresOf(above));
  assert.is(outcome.kind, "undecided");
  assert.ok(passes(outcome), showOutcome("tiny", outcome));
  if (outcome.kind !== "undecided") return;
  assert.ok(outcome.plain > 10 * TOLERANCE, `${outcome.plain}`);
  assert.match(
    outcome.decisions.join(),
    new RegExp(`layers.0.mlp.post, token ${ids.length - 1}, neuron 0: 9\\.\\d+e-6`),
  );
  assert.match(showOutcome("tiny", outcome), /^either .* unless 1 of 1 gate inputs/);
});

test("what that neuron does not explain fails", async () => {
  const scores = await scoresOf(above);
  const outcome = await outcomeOf(
    below,
    scores.map((x) => x * (1 + 4 * TOLERANCE)),
  );
  assert.not(passes(outcome), showOutcome("tiny", outcome));
});

test("one that lies farther from the edge than rounding fails", async () => {
  const outcome = await outcomeOf(weightsFor(EDGE - 20 * NEAR), await scoresOf(weightsFor(EDGE + 20 * NEAR)));
  assert.is(outcome.kind, "compared");
  assert.not(passes(outcome), showOutcome("tiny", outcome));
});

test("a device that rounds to the other side is compared as f64 decides", async () => {
  const outcome = await outcomeOf(below, await scoresOf(below), roundingAs(above));
  assert.is(outcome.kind, "compared");
  assert.ok(passes(outcome), showOutcome("tiny", outcome));
  assert.match(showOutcome("tiny", outcome), /as f64 decides at the edge/);
});

test("a device that is wrong beside the edge as well fails under the decisions of f64", async () => {
  const name = "model.layers.1.mlp.up_proj.weight";
  const { shape, data } = above[name] as Tensor;
  const wrong = {
    ...above,
    [name]: f32(
      shape,
      Float32Array.from(data, (x) => x * 1.001),
    ),
  };
  const outcome = await outcomeOf(below, await scoresOf(below), roundingAs(wrong));
  assert.not(passes(outcome), showOutcome("tiny", outcome));
});

test("nothing is run for tensors that are not wanted", async () => {
  await outcomeOf(below, await scoresOf(below));
  const prepare = (): never => {
    throw new Error("a graph was prepared");
  };
  const terms = { ...inFull({ ...reference, prepare }, TOLERANCE), isWanted: (name: string) => name === "p ids" };
  const found: Outcome[] = [];
  orThrow(await checkPrompts(folders.expected, folders.model, terms, (outcomes) => void found.push(...outcomes))());
  assert.equal(
    found.map(({ name }) => name),
    ["p ids"],
  );
});

const runtime = await openBackend({ backend: "cpu" })();
if (E.isRight(runtime))
  test("the same on ONNX Runtime", async () => {
    const outcome = await outcomeOf(below, await scoresOf(above), runtime.right.backend);
    assert.ok(passes(outcome), showOutcome("tiny", outcome));
  });
else console.log("skipped: the same on ONNX Runtime: none for this platform");

test.after(async () => {
  await loaded.close();
  await Promise.all(Object.values(folders).map(remove));
});

test.run();
