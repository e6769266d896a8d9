// One prediction at every level: which words, which heads and modules, which neurons supplied it; and the same by spans.
import assert from "node:assert/strict";
import { orThrow, taylorRule } from "@depass/graph";
import {
  type Attribution,
  attribute,
  headLevel,
  load,
  mlpLevel,
  neuronLevel,
  openBackend,
  scoreMaps,
  spanLevel,
} from "depass";

const model = await load();
const { backend } = orThrow(await openBackend()());
const prompt = "The capital of Gerland is";
const foil = "Rivland"; // why the answer, and not this?

const adds = ({ total, explained }: Attribution): void =>
  assert.ok(Math.abs(total - explained) < 1e-3 * Math.max(1, Math.abs(explained)), `${total} is not ${explained}`);

const show = (title: string, { parts, target, foils }: Attribution): void => {
  console.log(`\n${title}: ${prompt} ▸ ${target.text} and not ${foils?.map((f) => f.text).join(", ")}\n`);
  const largest = [...parts].sort((a, b) => Math.abs(b.score) - Math.abs(a.score)).slice(0, 5);
  for (const { name, score } of largest) console.log(`  ${score.toFixed(3).padStart(8)}  ${name.trim()}`);
};

const words = await attribute(model, prompt, { foil, backend, seed: spanLevel("words") });
show("words", words);
adds(words);

// Every head and module at once. By the taylor rule it takes one pass backwards, which scores all neurons, too.
const maps = await scoreMaps(model, prompt, { foil, backend, rule: taylorRule() });
const heads = maps.heads.flatMap((row, layer) => row.map((score, head) => ({ layer, head, score })));
const [strongest] = heads.sort((a, b) => Math.abs(b.score) - Math.abs(a.score));
assert.ok(strongest !== undefined && heads.length === 16);
console.log(
  `\nof ${heads.length} heads the strongest is L${strongest.layer}H${strongest.head}: ${strongest.score.toFixed(3)}`,
);

// The same layer by the default rule, its heads carried forward.
const inLayer = await attribute(model, prompt, {
  foil,
  backend,
  seed: orThrow(headLevel(model.architecture, strongest.layer)),
});
show(`heads of layer ${strongest.layer}`, inLayer);
adds(inLayer);

const module = await attribute(model, prompt, { foil, backend, seed: orThrow(mlpLevel(model.architecture, 2)) });
show("the MLP of layer 2", module);
adds(module);

// The three neurons of that MLP that the pass backwards found, exactly.
const neurons = (maps.all?.neurons[2] ?? [])
  .map((score, neuron) => ({ neuron, score }))
  .sort((a, b) => Math.abs(b.score) - Math.abs(a.score))
  .slice(0, 3)
  .map((n) => n.neuron);
const few = await attribute(model, prompt, {
  foil,
  backend,
  seed: orThrow(neuronLevel(model.architecture, 2, neurons)),
});
show("three of its neurons", few);
adds(few);
assert.deepEqual(
  few.parts.slice(1, 4).map((p) => p.name),
  neurons.map((n) => `L2N${n}`),
);

await backend.close();
await model.close();
