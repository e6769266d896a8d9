// Is what a plan foresees what a run takes?
import * as g from "@depass/graph";
import { noise } from "@depass/graph/testing";
import * as E from "fp-ts/lib/Either.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { forgetPeak, peakBytes } from "../src/buffer.ts";
import { foresee } from "../src/foresee.ts";
import { weightBytes } from "../src/memory-plan.ts";
import { prepareOn } from "../src/run.ts";
import { leastWeights } from "../src/stages.ts";
import { devices, must } from "./gpu.ts";
import { planned } from "./planned.ts";

const [T, D, LAYERS] = [40, 128, 5];
const numbers = (n: number, seed: number): Float32Array => Float32Array.from({ length: n }, (_, i) => noise(i, seed));
const tensors: g.Tensors = Object.fromEntries(
  Array.from({ length: LAYERS }, (_, l) => [`w${l}`, g.f32([D, D], numbers(D * D, l))]),
);
const graph = {
  y: Array.from({ length: LAYERS }, (_, l) => g.weight(`w${l}`, [D, D])).reduce<g.Expr>(
    (x, w) => g.tanh(g.linear(w)(x)),
    g.input("x", ["T", D]),
  ),
};
const weights = g.weightsOf(tensors);

for (const device of devices)
  test(`the measured peak is within a tenth of the plan, weights streamed or not (${device.toggles} toggles)`, async () => {
    const p = planned(graph);
    const { activations } = g.orThrow(foresee(device, graph, weights, { T }));
    const least = leastWeights(p) + activations;
    for (const budgetBytes of [least, least + 2 * leastWeights(p), weightBytes(p) + activations]) {
      const limited = { ...device, budgetBytes };
      const { peak } = g.orThrow(foresee(limited, graph, weights, { T }));
      assert.ok(peak <= budgetBytes);
      forgetPeak(device);
      const runner = await must(prepareOn(limited, graph, weights));
      await must(runner.run({ x: g.f32([T, D], numbers(T * D, 9)) }));
      runner.dispose();
      const measured = peakBytes(device);
      assert.ok(measured <= peak && measured >= 0.9 * peak, `${measured} of ${peak}`);
    }
    assert.ok(E.isLeft(foresee({ ...device, budgetBytes: least - 4 }, graph, weights, { T })));
  });

test("a weight that is only moved takes what it takes laid out anew", () => {
  const [device] = devices;
  if (device === undefined) return;
  const [x, w] = [g.input("x", ["T", D]), g.weight("w0", [D, D])];
  const [plain, turned] = [w, g.transpose([-1, -2])(w)].map((map) =>
    g.orThrow(foresee(device, { y: g.linear(map)(x) }, weights, { T })),
  );
  assert.equal(turned, plain);
});

test.run();
