import * as g from "@depass/graph";
import { softmaxRule, taylorRule } from "@depass/graph";
import {
  attentionLevel,
  attribute,
  headLevel,
  load,
  mlpLevel,
  neuronLevel,
  openBackend,
  scoreMaps,
  spanLevel,
  tokenLevel,
} from "../src/index.ts";

const model = await load(process.argv[2] ?? "/tmp/smol");
const prompt = process.argv[3] ?? "When Mary and John went to the store, John gave a drink to";
const { backend } = g.orThrow(await openBackend({ backend: "cpu" })());
const t0 = Date.now();
const maps = await scoreMaps(model, prompt, { rule: softmaxRule(), backend });
console.log("forward maps", (Date.now() - t0) / 1000, maps.gap, maps.times, maps.target.text, maps.target.logit);
const t1 = Date.now();
const back = await scoreMaps(model, prompt, { rule: taylorRule(), backend });
console.log(
  "adjoint maps",
  (Date.now() - t1) / 1000,
  back.gap,
  back.times,
  back.heads.flat().length,
  back.all!.neurons.flat().length,
);
const show = (m: typeof maps) =>
  m.heads
    .flatMap((row, l) => row.map((s, h) => [`L${l}H${h}`, s] as const))
    .sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]))
    .slice(0, 8)
    .map(([n, s]) => `${n} ${s.toFixed(2)}`)
    .join("  ");
console.log(show(maps));
console.log(show(back));
for (const [name, seed] of Object.entries({
  token: tokenLevel(model.architecture),
  token8: tokenLevel(model.architecture, 8),
  heads: headLevel(model.architecture, 20),
  attn: attentionLevel(model.architecture, 3),
  mlp: mlpLevel(model.architecture, 3),
  neuron: neuronLevel(model.architecture, 5, [3, 7]),
})) {
  const [f, a] = [
    await attribute(model, prompt, { seed: g.orThrow(seed), rule: taylorRule(), mode: "forward", backend }),
    await attribute(model, prompt, { seed: g.orThrow(seed), rule: taylorRule(), mode: "adjoint", backend }),
  ];
  const size = Math.hypot(...f.parts.map((p) => p.score));
  console.log(
    name,
    Math.hypot(...f.parts.map((p, i) => p.score - a.parts[i]!.score)) / size,
    f.gap,
    a.gap,
    f.times.run,
    a.times.run,
  );
}
const w = await attribute(model, prompt, { seed: spanLevel("words"), backend, foil: " John", layers: true });
console.log(w.parts.map((p) => `${p.name}: ${p.score.toFixed(2)}`).join(" | "), w.explained, w.gap);
console.log(w.layers!.map((l) => l.explained.toFixed(1)).join(" "));
await backend.close();
await model.close();
