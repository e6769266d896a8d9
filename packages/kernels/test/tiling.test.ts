// Does a memory limit change a result? Random decomposed models run whole and tile by tile under budgets down to the
// smallest that holds one token; every output must be the same to the last bit, for a row is computed the same way in any
// tile. And the plan must keep its word: what it says a run takes is what is allocated.
import {
  arrange,
  decompose,
  type Graph,
  linearRule,
  maxRule,
  pack,
  partsName,
  prune,
  type Rule,
  reluRule,
  share,
  simplify,
  softmaxRule,
  type Tensors,
  taylorRule,
  tokenSeed,
  weightsOf,
} from "@depass/graph";
import { configs, modelOf, type RandomModel } from "@depass/graph/testing";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { forgetPeak, peakBytes, usedBytes } from "../src/buffer.ts";
import type { Device } from "../src/device.ts";
import { fitLayout, fitRun, planBytes, tilesOf, weightBytes } from "../src/memory-plan.ts";
import { type Plan, plan } from "../src/plan.ts";
import { prepareOn } from "../src/run.ts";
import { showBytes } from "../src/show-plan.ts";
import { leastWeights } from "../src/stages.ts";
import { devices, must } from "./gpu.ts";
import { fuzz } from "./seed.ts";

const rules: readonly Rule[] = [softmaxRule(), maxRule(), reluRule(), linearRule(), taylorRule()];

const value = <L, A>(e: E.Either<L, A>): A => {
  if (E.isLeft(e)) throw new Error(JSON.stringify(e.left));
  return e.right;
};

/** The packed parts of every output, from the first state on. */
const packedParts = ({ graph, states }: RandomModel, rule: Rule = softmaxRule()): Graph => {
  const decomposed = decompose(graph, { seed: tokenSeed(states[0] as string), rule });
  const parts = prune(Object.keys(graph).map(partsName))(value(decomposed).graph);
  return value(pipe(simplify(share(parts)), E.chain(pack)));
};

const planOf = (graph: Graph): Plan =>
  value(plan(graph, { target: { kind: "software", features: [] }, dtypeOf: () => "f32" }));

/** As it runs: weights laid out anew. */
const planWith = (graph: Graph, { tensors }: RandomModel): Plan =>
  planOf(value(arrange(graph, weightsOf(tensors))).graph);

/** More tokens than the other laws use, so that there is something to tile. */
const long = configs.map((config) => modelOf({ ...config, tokens: 6 }));

const generous = { bytes: 2 ** 40, buffer: 2 ** 40 };

test("tiles cover every token once, in order, and stay within their limit", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 2 }),
      fc.nat(2000),
      (tokens, extras, limit) => {
        const tiles = tilesOf({ tokens, extras }, {}, limit);
        const rows = tiles.map((t) => t["tile.rows"] as number);
        assert.equal(
          tiles.map((t) => t["tile.token"]),
          rows.map((_, i) => tiles.slice(0, i).reduce((n, t) => n + (t["tile.tokens"] as number), 0)),
        );
        assert.equal(
          tiles.map((t) => t["tile.row"]),
          rows.map((_, i) => rows.slice(0, i).reduce((a, b) => a + b, 0)),
        );
        assert.is(
          rows.reduce((a, b) => a + b, 0),
          (tokens * (tokens + 1)) / 2 + tokens * extras,
        );
        // One token cannot be cut, so a tile above the limit holds just one.
        assert.ok(tiles.every((t) => t["tile.tokens"] === 1 || (t["tile.rows"] as number) <= limit));
      },
    ),
    fuzz(100),
  );
});

test("a smaller limit never needs more bytes, and the layout fits where it says so", () => {
  fc.assert(
    fc.property(long, (model) => {
      const p = planOf(packedParts(model));
      const sizes = { T: 40 };
      const whole = planBytes(p, sizes, fitLayout(p, sizes, generous).layout).run;
      for (const share of [0.9, 0.6, 0.3]) {
        const bytes = Math.floor(whole * share);
        const { layout, fits } = fitLayout(p, sizes, { ...generous, bytes });
        const run = planBytes(p, sizes, layout).run;
        assert.ok(run <= whole);
        assert.is(fits, run <= bytes);
      }
    }),
    fuzz(40),
  );
});

/** Outputs under a limit of bytes for weights and run together, which is never passed. */
const runWithin = async (device: Device, graph: Graph, tensors: Tensors, bytes: number): Promise<Tensors> => {
  const tight = await must(prepareOn({ ...device, budgetBytes: bytes }, graph, weightsOf(tensors)));
  forgetPeak(device);
  const out = await must(tight.run({ tokens: tensors.tokens as Tensors[string] }));
  assert.ok(peakBytes(device) <= bytes, `${peakBytes(device)} of ${bytes}`);
  tight.dispose();
  return out;
};

/** The least that any limit may be, and all that a run takes where there is plenty. */
const extremes = (p: Plan, { sizes }: RandomModel): readonly [least: number, whole: number] => [
  fitRun(p, sizes, { bytes: 0, buffer: 2 ** 40 }, leastWeights(p)).bytes,
  planBytes(p, sizes).total,
];

for (const device of devices) {
  test(`no tiling changes a bit (${device.toggles} toggles)`, async () => {
    await fc.assert(
      fc.asyncProperty(long, async (model) => {
        const graph = packedParts(model);
        const p = planWith(graph, model);
        const [, whole] = extremes(p, model);
        const least = fitRun(p, model.sizes, { bytes: 0, buffer: 2 ** 40 }, weightBytes(p)).bytes;
        const expected = await runWithin(device, graph, model.tensors, whole);
        assert.ok(least < whole, "nothing to tile");
        for (const bytes of [least, Math.floor((least + whole) / 2)]) {
          const actual = await runWithin(device, graph, model.tensors, bytes);
          for (const name of Object.keys(graph)) assert.equal(actual[name]?.data, expected[name]?.data, name);
        }
        assert.is(usedBytes(device), 0);
      }),
      fuzz(12),
    );
  });

  test(`weights that come and go change no bit, by any rule (${device.toggles} toggles)`, async () => {
    await fc.assert(
      fc.asyncProperty(
        long,
        fc.constantFrom(...rules),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (model, rule, share) => {
          const graph = packedParts(model, rule);
          const p = planWith(graph, model);
          const [least, whole] = extremes(p, model);
          assert.ok(leastWeights(p) < weightBytes(p), "nothing to stream");
          const expected = await runWithin(device, graph, model.tensors, whole);
          for (const bytes of [least, Math.floor(least + share * (whole - least))]) {
            const actual = await runWithin(device, graph, model.tensors, bytes);
            for (const name of Object.keys(graph)) assert.equal(actual[name]?.data, expected[name]?.data, name);
          }
          const refused = await must(prepareOn({ ...device, budgetBytes: least - 4 }, graph, weightsOf(model.tensors)));
          const result = await refused.run({ tokens: model.tensors.tokens as Tensors[string] })();
          assert.ok(E.isLeft(result) && result.left[0]?.got === showBytes(least), JSON.stringify(result));
          refused.dispose();
          assert.is(usedBytes(device), 0);
        },
      ),
      fuzz(5),
    );
  });
}

test.run();
