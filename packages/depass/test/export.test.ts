// A model's files in other hands: ONNX's own checker, and Python's ONNX Runtime, must find what we find.
import { join } from "node:path";
import { evaluate, f32, i32, orThrow, readWeights, tensor } from "@depass/graph";
import { close } from "@depass/graph/testing";
import type { Model } from "@depass/models";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { attribute, load } from "../src/attribute.ts";
import { exportModel } from "../src/export.ts";
import { pythonFor } from "../src/report/export.ts";
import { checkModel, hasPython, runModel, runProgram } from "./python.ts";
import { newFolder, remove, writeCheckpoint } from "./tiny.ts";

const test = suite("export");
let folder = "";
let model: Model;
const place = (name: string): string => join(folder, `${name}.onnx`);
test.before(async () => {
  folder = await newFolder();
  await writeCheckpoint(folder);
  model = await load(folder);
  await exportModel(model, place("forward"));
  await exportModel(model, place("states"), { states: true });
  await exportModel(model, place("parts"), { decomposed: true });
});
test.after(async () => {
  await model.close();
  await remove(folder);
});

/** Two prompts of different lengths, and a single token: one file serves all. */
const prompts = ["Is the Seine in Paris", "the", "on"];
const idsOf = (prompt: string): readonly number[] => orThrow(model.tokenizer.encode(prompt, { special: true })).ids;

test("names, shapes and what the metadata tell", async () => {
  const { inputs, outputs, metadata } = await exportModel(model, place("again"), { decomposed: true });
  assert.equal(
    [...inputs, ...outputs].map(({ name, dtype }) => `${name} ${dtype}`),
    ["tokens i32", "position i32", "logits f32", "scores f32", "parts f32"],
  );
  assert.is(metadata["depass.graph"], "decomposed");
  assert.is(metadata["depass.rule"], "softmax 0.1");
  assert.equal(JSON.parse(metadata["depass.parts"] ?? ""), {
    axis: 0,
    named: "T",
    count: "T+1",
    tokens: true,
    constants: ["remainder"],
  });
  assert.not.match(JSON.stringify(metadata), folder);
});

test("ONNX's checker passes them, shapes and all", async () => {
  if (!hasPython("ONNX's checker")) return;
  for (const name of ["forward", "states", "parts"]) await checkModel(place(name));
});

test("Python's ONNX Runtime has the evaluator's logits and states", async () => {
  if (!hasPython("the forward pass in Python")) return;
  const graph = { logits: model.architecture.unembed(model.architecture.normed), ln_final: model.architecture.normed };
  const weights = orThrow(await readWeights(graph, model.weights)());
  for (const prompt of prompts) {
    const ids = idsOf(prompt);
    const expected = orThrow(evaluate(graph, { ...weights, tokens: i32([ids.length], ids) }));
    for (const file of ["forward", "states"]) {
      const found = await runModel(place(file), { tokens: ids });
      for (const [name, values] of Object.entries(expected))
        if (found[name] !== undefined) close(f32(values.shape, found[name]), values, { rtol: 1e-5, of: "largest" });
    }
  }
});

test("Python's ONNX Runtime has the reference's logit, scores and parts", async () => {
  if (!hasPython("the decomposition in Python")) return;
  for (const prompt of prompts) {
    const ids = idsOf(prompt);
    const { target, parts, states } = await attribute(model, prompt, { backend: { backend: "reference" } });
    const found = await runModel(place("parts"), { tokens: ids, position: [ids.length - 1] });
    const { logits = [], scores = [] } = found;
    assert.ok(states !== undefined);
    const own = states.names.map((_, m) => scores[m * logits.length + target.id] as number);
    const expected = parts.filter((p) => p.name !== "bias").map((p) => p.score);
    const tolerance = { rtol: 2e-5, of: "largest" } as const;
    assert.is(logits.indexOf(Math.max(...logits)), target.id);
    close(f32([1], [logits[target.id] as number]), f32([1], [target.logit]), tolerance);
    close(f32([own.length], own), f32([own.length], expected), tolerance);
    close(f32(states.shape, found.parts ?? []), tensor("f64", states.shape, states.data), tolerance);
  }
});

test("the Python lines of the report run as they are", async () => {
  if (!hasPython("the report's Python")) return;
  const ids = idsOf(prompts[0] as string);
  const { target } = await attribute(model, prompts[0] as string, { backend: { backend: "reference" } });
  const sample = { prompt: prompts[0] as string, ids };
  const forward = await runProgram(pythonFor(place("forward"), { ...sample, decomposed: false }));
  assert.is(Number(forward), target.id);
  const parts = await runProgram(pythonFor(place("parts"), { ...sample, decomposed: true }));
  assert.is(Number.parseInt(parts, 10), target.id);
});

test.run();
