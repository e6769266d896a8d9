// What scores at every layer take beside one decomposed pass: the states that lenses read go as the run goes on.
import { orThrow, partsName, showFaults, softmaxRule } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { load } from "../src/attribute.ts";
import { openBackend } from "../src/backends.ts";
import { explanationGraph, lensName, streamFrom } from "../src/explanation.ts";
import { levelOf } from "../src/level.ts";
import { tokenLevel } from "../src/levels.ts";

const test = suite("explanation");

const T = 96;

for (const choice of [{ backend: "cpu" }, { backend: "webgpu" }] as const)
  test(`lenses at every layer hold one state more at a time, not one each, on ${choice.backend}`, async () => {
    const opened = await openBackend(choice)();
    if (E.isLeft(opened)) return console.log(`skipped: lenses on ${choice.backend}: ${showFaults(opened.left)}`);
    const { backend } = opened.right;
    const model = await load();
    const { seed } = levelOf(orThrow(tokenLevel(model.architecture)));
    const lenses = streamFrom(model.architecture, 0);
    const activations = (places: readonly string[]): number => {
      const { graph } = orThrow(explanationGraph(model, { seed, rule: softmaxRule(), lenses: places }));
      return orThrow(backend.foresee?.(graph, model.weights, { T }) ?? E.left([])).activations;
    };
    const { hidden } = model.architecture;
    // All parts at one position, with the whole; all parts of a state, half of which are zeros that are not kept.
    const [output, state] = [4 * (T + 2) * hidden, 2 * T * (T + 3) * hidden];
    const more = activations(lenses) - activations(lenses.slice(1, 2));
    assert.ok(more < state + 3 * output * (lenses.length - 1), `${more} bytes, a state has ${state}`);
    await backend.close();
    await model.close();
  });

test("lenses are outputs in the order of the stream, in front of what is read at the end", async () => {
  const model = await load();
  const { seed } = levelOf(orThrow(tokenLevel(model.architecture)));
  const lenses = streamFrom(model.architecture, 0);
  const { graph } = orThrow(explanationGraph(model, { seed, rule: softmaxRule(), lenses }));
  const wanted = lenses.flatMap((place) => [partsName(lensName(place)), lensName(place)]);
  assert.equal(Object.keys(graph).slice(0, wanted.length), wanted);
  await model.close();
});

test.run();
