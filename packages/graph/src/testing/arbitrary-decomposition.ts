// Random models, decomposed from a random place by a random rule: what passes and backends are tested on.

import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { type Decomposed, decompose } from "../decompose.ts";
import type { Dim } from "../dim.ts";
import { internal, showFaults } from "../error.ts";
import type { Expr, Graph } from "../expr.ts";
import type { Seed } from "../parts.ts";
import { type Rule, softmaxRule, taylorRule, weightRule } from "../rules.ts";
import { tokenSeed } from "../seeds.ts";
import { show } from "../show.ts";
import * as s from "../syntax.ts";
import { findSite, sitesOf } from "../traverse.ts";
import { anyModels, type RandomModel } from "./arbitrary-model.ts";
import { readAs } from "./values.ts";

export type RandomDecomposition = Decomposed & {
  readonly model: RandomModel;
  readonly seed: Seed;
  readonly rule: Rule;
  /** The source graph, with every site as an output. */
  readonly source: Graph;
};

const spread = (count: Dim, x: Expr): Expr => s.broadcast([count, 1, 1])(x);

/** Every part gets the same. */
export const evenRule: Rule = {
  name: "even",
  split: (_, { neurons }, { count }) => s.mul(spread(count, s.div(1, s.size(count))), neurons),
};

const squares: Rule = weightRule("squares", (g) => s.mul(g, g));

/** A quarter of the state and an attention branch, if one comes before: parts that lack something. */
export const partialSeed = (site: string, branch?: string): Seed => ({
  name: `partial at ${site}`,
  site,
  named: branch === undefined ? 1 : 2,
  tokenLevel: false,
  parts: (whole, valueAt) => {
    const part = (x: Expr, factor: number): Expr => s.mul(s.constant([factor], [1, 1, 1]), x);
    const quarter = part(whole, 0.25);
    return branch === undefined ? quarter : s.concat(-3, quarter, part(valueAt(branch), 1));
  },
});

const rules: fc.Arbitrary<Rule> = fc.oneof(
  fc
    .tuple(fc.constantFrom(0.05, 0.1, 1), fc.constantFrom("ignore" as const, "keep" as const, undefined))
    .map(([t, special]) => softmaxRule(t, special)),
  fc.constantFrom(evenRule, squares, taylorRule()),
);

/** Every site of a graph as an output of its own name. */
export const withEverySite = (graph: Graph): Graph => ({
  ...graph,
  ...Object.fromEntries(sitesOf(graph).map((site) => [site, findSite(graph, site) as Expr])),
});

const seedOf = ({ config, states }: RandomModel, place: number, partial: boolean): Seed => {
  const site = states[place % states.length] as string;
  const first = !config.parallel && site !== "state.0" ? "attention.0" : undefined;
  return partial ? partialSeed(site, first) : tokenSeed(site);
};

export const decompositions: fc.Arbitrary<RandomDecomposition> = fc
  .tuple(anyModels, fc.nat(20), fc.boolean(), rules)
  .map(([model, place, partial, rule]) => {
    const seed = seedOf(model, place, partial);
    const source = withEverySite(model.graph);
    const result = decompose(source, { seed, rule });
    if (E.isLeft(result)) return internal(`a random model does not decompose:\n${showFaults(result.left)}`);
    const text = (): string => `${JSON.stringify(model.config)}, ${seed.name}, ${rule.name}\n${show(source)}`;
    return readAs({ ...result.right, model, seed, rule, source }, text);
  });
