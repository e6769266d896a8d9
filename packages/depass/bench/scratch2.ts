import * as g from "@depass/graph";
import { load, openBackend } from "../src/index.ts";
import { mapsGraph } from "../src/maps.ts";

const model = await load("/tmp/smol");
let t = Date.now();
const lap = (s: string) => {
  console.log(s, Date.now() - t);
  t = Date.now();
};
const { architecture: a } = model;
const { backend } = g.orThrow(await openBackend({ backend: "cpu" })());
for (const layers of [2, 6]) {
  const m = g.orThrow(mapsGraph({ ...a, layers }, g.softmaxRule()));
  lap(`maps ${layers}`);
  const r = g.orThrow(await backend.prepare(m, model.weights)());
  lap("prepare");
  const inputs = {
    tokens: g.i32(
      [14],
      Array.from({ length: 14 }, (_, i) => i + 100),
    ),
    position: g.i32([1], [13]),
  };
  g.orThrow(await r.run(inputs)());
  lap("run");
  g.orThrow(await r.run(inputs)());
  lap("run again");
  r.dispose();
}
await backend.close();
await model.close();
