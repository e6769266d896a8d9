// Seeds of one place and of several: what they begin with, and that what begins sums to the whole everywhere behind.
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decompose } from "../src/decompose.ts";
import { plus } from "../src/dim.ts";
import { evaluate } from "../src/evaluate.ts";
import { at, type Expr } from "../src/expr.ts";
import { partsName, type Seed } from "../src/parts.ts";
import { linearRule, softmaxRule, taylorRule } from "../src/rules.ts";
import { partsSeed, placedSeed, slicesAs, spanSeed, subspaceSeed, tokenSeed, wholeAs } from "../src/seeds.ts";
import type { Tensors } from "../src/sizes.ts";
import * as s from "../src/syntax.ts";
import { f32, i32, type Tensor, toF64 } from "../src/tensor.ts";
import { close, models, type RandomModel, withEverySite } from "../src/testing/index.ts";
import { left, right } from "./either.ts";
import { fuzz } from "./seed.ts";
import { part, total } from "./tensors.ts";

const test = suite("seeds");

const near = { rtol: 1e-9, atol: 1e-11, of: "largest" } as const;

/** The last layer of a random model, by its sites. */
const lastLayer = ({ config, states }: RandomModel) => ({
  layer: config.layers - 1,
  before: states.at(config.parallel ? -2 : -3) as string,
  heads: config.kvHeads * config.each,
  headWidth: 2 * config.half,
});

const headSeed = (model: RandomModel): Seed => {
  const { layer, before, heads } = lastLayer(model);
  const slices = { rank: 3, axis: -2, size: heads, index: s.iota(heads), count: heads };
  return placedSeed("heads", heads + 1, wholeAs(0, heads + 1, before), slicesAs(`mixed.${layer}`, slices));
};

const neuronSeed = (model: RandomModel): Seed => {
  const { layer, before } = lastLayer(model);
  const slices = { rank: 2, axis: -1, size: model.config.neurons, index: s.input("chosen", ["K"]), count: "K" };
  const named = plus("K", 1);
  const branch = wholeAs(0, named, `attention.${layer}`);
  return placedSeed("neurons", named, wholeAs(0, named, before), branch, slicesAs(`neurons.${layer}`, slices));
};

const moduleSeed = (model: RandomModel): Seed => {
  const { layer, before } = lastLayer(model);
  return placedSeed("module", 2, wholeAs(0, 2, before), wholeAs(1, 2, `attention.${layer}`));
};

const valuesOf = (model: RandomModel, seed: Seed, more: Tensors = {}) => {
  const { graph } = right(decompose(withEverySite(model.graph), { seed, rule: softmaxRule() }));
  return right(evaluate(graph, { ...model.tensors, ...more }));
};

const chosen = (model: RandomModel): Tensors => ({ chosen: f32([1], [model.config.neurons - 1]) });

for (const [name, seedOf] of Object.entries({ headSeed, neuronSeed, moduleSeed }))
  test(`${name}: parts sum to the whole wherever there are parts`, () =>
    fc.assert(
      fc.property(models, fc.constantFrom(softmaxRule(), linearRule(), taylorRule()), (model, rule) => {
        const source = withEverySite(model.graph);
        const { graph } = right(decompose(source, { seed: seedOf(model), rule }));
        const values = right(evaluate(graph, { ...model.tensors, ...chosen(model) }));
        assert.ok(values[partsName("logits")] !== undefined);
        for (const site of Object.keys(source)) {
          const parts = values[partsName(site)];
          if (parts !== undefined) close(total(parts), values[site] as Tensor, near);
        }
      }),
      fuzz(25),
    ));

test("a head's part of the attention is its own slice through the output map", () =>
  fc.assert(
    // A norm behind the branch would scale it.
    fc.property(
      models.filter(({ config }) => !config.after),
      (model) => {
        const { layer, heads, headWidth } = lastLayer(model);
        const values = valuesOf(model, headSeed(model));
        const [mixed, map] = [toF64(values[`mixed.${layer}`] as Tensor), toF64(model.tensors[`${layer}.o`] as Tensor)];
        const inner = heads * headWidth;
        for (let h = 0; h < heads; h++)
          toF64(part(values[`attention.${layer}.parts`] as Tensor, h + 1)).forEach((value, i) => {
            const [t, d] = [Math.floor(i / model.config.width), i % model.config.width];
            let expected = 0;
            for (let f = h * headWidth; f < (h + 1) * headWidth; f++)
              expected += (mixed[t * inner + f] as number) * (map[d * inner + f] as number);
            assert.ok(Math.abs(value - expected) < 1e-9, `${value} and ${expected}`);
          });
      },
    ),
    fuzz(25),
  ));

test("where parts begin anew, what had reached the place is forgotten", () => {
  fc.assert(
    fc.property(models, (model) => {
      const { layer } = lastLayer(model);
      const values = valuesOf(model, moduleSeed(model));
      const [state, branch] = [0, 1].map((m) => part(values[`attention.${layer}.parts`] as Tensor, m));
      close(branch as Tensor, values[`attention.${layer}`] as Tensor, { rtol: 0 });
      assert.ok(toF64(state as Tensor).every((v) => v === 0));
    }),
    fuzz(10),
  );
});

const x = at("x")(s.input("x", ["T", 2]));
const given = { x: f32([3, 2], [1, 2, 3, 4, 5, 6]) };
const begun = (seed: Seed, more: Tensors = {}): readonly number[] => {
  const { graph } = right(decompose({ x, y: s.neg(x) }, { seed, rule: softmaxRule() }));
  return [...toF64(right(evaluate(graph, { ...given, ...more }))["x.parts"] as Tensor)];
};

test("spans are sums of their tokens; tokens in none are the remainder", () => {
  const spans = { spans: f32([2, 3], [0, 1, 1, 0, 0, 0]) };
  const seed = spanSeed("x", s.input("spans", ["N", "T"]), "N");
  assert.equal(begun(seed, spans), [0, 0, 3, 4, 5, 6, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0]);
});

test("a subspace's part is the projection on it, the remainder what is orthogonal", () => {
  const seed = subspaceSeed("x", [s.constant([0.6, 0.8], [1, 2])]);
  const along = [1, 2, 3, 4, 5, 6].map((_, i) => {
    const row = 2 * Math.floor(i / 2) + 1;
    return (i % 2 === 0 ? 0.6 : 0.8) * (0.6 * row + 0.8 * (row + 1));
  });
  const expected = [...along, ...along.map((v, i) => i + 1 - v)];
  begun(seed).forEach((v, i) => {
    assert.ok(Math.abs(v - (expected[i] as number)) < 1e-12);
  });
});

test("parts of one's own: a tensor, or a function of the state", () => {
  const tensor = partsSeed("mine", "x", 1, s.input("mine", [1, "T", 2]));
  assert.equal(begun(tensor, { mine: f32([1, 3, 2], [1, 0, 0, 1, 0, 0]) }), [1, 0, 0, 1, 0, 0, 0, 2, 3, 3, 5, 6]);
  const half = (whole: Expr): Expr => s.mul(s.constant([0.5], [1, 1, 1]), whole);
  assert.equal(begun(partsSeed("half", "x", 1, half)), [0.5, 1, 1.5, 2, 2.5, 3, 0.5, 1, 1.5, 2, 2.5, 3]);
});

test("slices that a run chooses", () => {
  const slices = { rank: 2, axis: -1, size: 2, index: s.input("i", ["K"], "i32"), count: "K" };
  const seed = placedSeed("columns", plus("K", 1), slicesAs("x", slices));
  assert.equal(begun(seed, { i: i32([1], [1]) }), [1, 0, 3, 0, 5, 0, 0, 2, 0, 4, 0, 6, 0, 0, 0, 0, 0, 0]);
});

test("places that are not there, or are the same one", () => {
  const two = (site: string): Seed => placedSeed("two", 2, wholeAs(0, 2, "x"), wholeAs(1, 2, site));
  const faults = (seed: Seed): string => left(decompose({ y: s.neg(x) }, { seed, rule: softmaxRule() }));
  assert.is(faults(two("z")), "seed two: expected a site of the graph, got z; the graph has x");
  assert.is(faults(two("x")), "seed two: expected each site once, got x, x");
  assert.is(faults(tokenSeed("q")), "seed token from q: expected a site of the graph, got q; the graph has x");
});

test.run();
