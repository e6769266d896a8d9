import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decompose, decomposeMany } from "../../src/decompose.ts";
import { valueOf } from "../../src/dim.ts";
import { evaluate } from "../../src/evaluate.ts";
import { at, type Expr } from "../../src/expr.ts";
import * as nn from "../../src/nn.ts";
import { partsName, type Seed, type SeedPlace } from "../../src/parts.ts";
import { linearRule, type Rule, reluRule, softmaxRule, taylorRule, weightRule } from "../../src/rules.ts";
import { partsSeed, placedSeed, tokenSeed, wholeAs } from "../../src/seeds.ts";
import * as s from "../../src/syntax.ts";
import { type Tensor, tensor, toF64 } from "../../src/tensor.ts";
import { anyModels, close, type RandomModel } from "../../src/testing/index.ts";
import { nodesOf } from "../../src/traverse.ts";
import { left, right } from "../either.ts";
import { fuzz } from "../seed.ts";
import { part } from "../tensors.ts";

const test = suite("decompose/stack");

const squares: Rule = weightRule("squares", (g) => s.mul(g, g));
/** All to part 0, without a look at the gates. */
const firstRule: Rule = {
  name: "first",
  split: (_, { neurons }, { count }) => s.mul(s.reshape(1, [count, 1, 1])(s.equal(s.iota(count), 0)), neurons),
};
const rules = fc.constantFrom(
  softmaxRule(),
  softmaxRule(1, "ignore"),
  reluRule(),
  linearRule(),
  taylorRule(),
  squares,
  firstRule,
);

/** A third of the whole as part 0, a quarter as part 1: parts that lack something. */
const thirds = (site: string): SeedPlace => ({
  site,
  parts: (whole) => s.mul(s.constant([1 / 3, 1 / 4], [2, 1, 1]), whole),
});

/** For each state a seed that begins there, one that begins anew at a later state, too, and one that lacks something. */
const seedsOf = ({ states }: RandomModel): readonly Seed[] =>
  states.flatMap((site, i) => {
    const later = states[i + 1 + (i % 2)];
    return [
      placedSeed(`whole at ${site}`, 2, wholeAs(1, 2, site)),
      ...(later === undefined ? [] : [placedSeed(`${site} and ${later}`, 2, wholeAs(0, 2, site), thirds(later))]),
      placedSeed(`thirds at ${site}`, 2, thirds(site)),
    ];
  });

/** Parts `[M, …]` of a group, with a part of zeros for the bias where it has none of its own. */
const sameParts = (all: Tensor, g: number, alone: Tensor): void => {
  const own = part(all, g);
  const [count, wanted] = [own.shape[0] as number, alone.shape[0] as number];
  const size = toF64(alone).length / wanted;
  const remainder = toF64(alone).slice((wanted - 1) * size);
  const padded = [
    ...toF64(alone).slice(0, (wanted - 1) * size),
    ...new Array<number>((count - wanted) * size).fill(0),
    ...remainder,
  ];
  close(own, tensor("f64", own.shape, Float64Array.from(padded)), { rtol: 1e-9, atol: 1e-11, of: "largest" });
};

test("each group is what its seed alone gives, by any rule", () => {
  fc.assert(
    fc.property(anyModels, rules, (model, rule) => {
      const { graph, tensors } = model;
      const seeds = seedsOf(model);
      const many = right(decomposeMany(graph, { seeds, rule }));
      const found = right(evaluate(many.graph, tensors))[partsName("logits")] as Tensor;
      assert.equal(found.shape.slice(0, 2), [seeds.length, valueOf(many.layout.count, model.sizes)]);
      seeds.forEach((seed, g) => {
        const { graph: alone } = right(decompose(graph, { seed, rule }));
        sameParts(found, g, right(evaluate(alone, tensors))[partsName("logits")] as Tensor);
      });
    }),
    fuzz(30),
  );
});

const layer = (x: Expr): Expr => at("b")(s.add(x, nn.linear(s.weight("w", [2, 2]))(nn.activate("relu")(x))));
const tokens = at("a")(s.input("x", ["T", 2]));
const graph = { out: layer(tokens) };
const rule = softmaxRule();

test("a node that carries many seeds is one node", () => {
  const size = (count: number): number => {
    const seeds = Array.from({ length: count }, (_, i) =>
      partsSeed(`${i}`, "a", 2, (x) => s.mul(s.constant([1, i], [2, 1, 1]), x)),
    );
    return nodesOf(right(decomposeMany(graph, { seeds, rule })).graph).filter((n) => n.op === "split").length;
  };
  assert.equal([size(1), size(4)], [1, 1]);
});

test("seeds must have as many parts, and reach the same outputs", () => {
  const two = placedSeed("two", 2, wholeAs(0, 2, "a"));
  const faults = (seeds: readonly Seed[], outputs = graph as Readonly<Record<string, Expr>>): string =>
    left(decomposeMany(outputs, { seeds, rule }));
  assert.match(faults([]), "seeds: expected at least one, got none");
  assert.match(
    faults([two, placedSeed("three", 3, wholeAs(0, 3, "a"))]),
    "seed three: expected as many parts as two, of the same kind, got others",
  );
  assert.match(faults([two, tokenSeed("a")]), "of the same kind");
  const late = placedSeed("late", 2, wholeAs(0, 2, "b"));
  assert.match(
    faults([two, late], { ...graph, state: tokens }),
    "output state: expected one that all seeds reach, or none, got not seed late",
  );
});

test.run();
