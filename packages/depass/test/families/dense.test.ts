// Every dense family with RMS norms, with what it adds to Llama: is it the published model, and do its parts sum to the whole?
import { evaluate, orThrow, type Tensor } from "@depass/graph";
import { openCheckpoint } from "@depass/models";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { relativeError } from "../../conformance/compare.ts";
import { newFolder, remove } from "../tiny.ts";
import { writeFamily } from "./checkpoint.ts";
import { cases } from "./dense.cases.ts";
import { logits } from "./dense.logits.ts";
import { architectureFor, inputs, randomWeights, testLaw } from "./law.ts";

const test = suite("dense");

/** Relative; nine digits of the expected values, and the rotary tables' roundings, whose order differs by platform. */
const TOLERANCE = 1e-7;

for (const [name, { config, bias = false }] of Object.entries(cases)) {
  test(`${name}: its logits are those of the published model`, () => {
    const { unembed, normed } = architectureFor(config);
    const graph = { logits: unembed(normed) };
    const { data } = orThrow(evaluate(graph, { ...inputs, ...randomWeights(graph) })).logits as Tensor;
    const expected = logits[name];
    if (expected === undefined) throw new Error(`no row in dense.logits.ts: see "Adding a family" in docs/models.md`);
    const error = relativeError(data.slice(-expected.length), expected);

    assert.ok(error <= TOLERANCE, `an error of ${error}`);
  });

  testLaw(test, name, config, { bias });
}

test("a model written as a checkpoint, for others to compute its logits, is that model", async () => {
  const folder = await newFolder();
  const config = cases["qwen3 with biases"]?.config ?? {};
  await writeFamily(folder, config);
  const written = await openCheckpoint(folder)().then(orThrow);
  const { unembed, normed } = architectureFor(written.config);
  const graph = { logits: unembed(normed) };
  const weights: Record<string, Tensor> = {};
  for (const name of written.tensors.keys()) weights[name] = await written.read(name)().then(orThrow);
  assert.equal(Object.keys(weights).sort(), Object.keys(randomWeights(graph)).sort());
  const { data } = orThrow(evaluate(graph, { ...inputs, ...weights })).logits as Tensor;
  const expected = logits["qwen3 with biases"] ?? [];
  assert.ok(relativeError(data.slice(-expected.length), expected) <= TOLERANCE);
  await written.close();
  await remove(folder);
});

test.run();
