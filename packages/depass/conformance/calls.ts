// A call of the published code as a decomposition of ours: seed, rule, and which states' parts it returns.
import {
  add,
  conditionedGates,
  div,
  type Expr,
  equal,
  type Fault,
  freeze,
  input,
  iota,
  less,
  linearRule,
  maximum,
  maxRule,
  mul,
  neg,
  partsSeed,
  type Rule,
  reshape,
  type Seed,
  type Special,
  size,
  softmaxRule,
  sum,
  type Tensors,
  where,
} from "@depass/graph";
import { type Architecture, site } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { attentionLevel, headLevel, mlpLevel, neuronLevel, tokenLevel } from "../src/levels.ts";
import type { Call, Expected } from "./expected.ts";

/** The residual stream entering each layer and the last norm, by their order. */
export const streamSites = ({ layers }: Architecture): readonly string[] => [
  ...Array.from({ length: layers }, (_, layer) => site.residPre(layer)),
  site.residFinal,
];

/** S[0 … 2L]: the stream before and after each layer's attention. */
export const everyState = (architecture: Architecture): readonly string[] => [
  ...Array.from({ length: architecture.layers }, (_, l) => [site.residPre(l), site.residMid(l)]).flat(),
  site.residFinal,
];

export type Decomposition = {
  readonly seed: Seed;
  readonly rule: Rule;
  readonly sites: readonly string[];
  /** What the seed asks of a run. */
  readonly inputs: Tensors;
};

/**
 * As published: with 1e-6 under the line, and what no part has a positive gate input for is lost. Ours gives it to the
 * remainder, which then takes part in the layers behind, so that the two agree only until something is lost.
 */
const publishedRelu = (special: Special | undefined): Rule => ({
  name: "relu as published",
  split: (gateParts, whole, layout) => {
    const positive = maximum(conditionedGates(gateParts, whole, layout, special), 0);
    const isNamed = less(iota(layout.count), size(layout.remainder));
    const named = mul(positive, reshape(1, [layout.count, 1, 1])(isNamed));
    return mul(div(named, add(sum(-3)(named), 1e-6)), whole.neurons);
  },
});

/** As published: with 1e-8 added to the whole gate input under the line, so that parts sum to the neurons but nearly. */
const publishedTaylor = (): Rule => ({
  name: "taylor as published",
  split: (gateParts, { gate, neurons }) => mul(gateParts, freeze(div(neurons, add(gate, 1e-8)))),
});

/** A gate input of what is taken for the remainder counts as none where it is smaller, as published. */
export const EDGE = 1e-5;

/**
 * Below token level the published code has no part behind the named ones, and takes the last of them for the remainder:
 * a gate input of it below the edge counts as none. Ours sets only the remainder apart.
 */
export const lastAsRemainder = (rule: Rule, edge: Expr | number = EDGE): Rule => ({
  ...rule,
  split: (gateParts, whole, layout) => {
    const isLast = equal(add(iota(layout.count), 1), size(layout.remainder));
    const isSmall = less(maximum(gateParts, neg(gateParts)), edge);
    const absent = mul(reshape(1, [layout.count, 1, 1])(isLast), isSmall);
    return rule.split(where(absent, 0, gateParts), whole, layout);
  },
});

const rules: Readonly<Record<string, (temperature: number, special: Special | undefined) => Rule>> = {
  softmax: softmaxRule,
  max: (_, special) => maxRule(special),
  relu: (_, special) => publishedRelu(special),
  linear: (_, special) => linearRule(special),
  taylor: publishedTaylor,
};

/** A rule by its published name, as it is at token level; undefined where there is none of that name. */
export const ruleNamed = (name: string, temperature: number, special?: Special): Rule | undefined =>
  rules[name]?.(temperature, special);

/** The same as it is for seeds of that name. */
const ruleFor = (name: string, seed: string, temperature: number, special?: Special): Rule | undefined => {
  const rule = ruleNamed(name, temperature, special);
  return rule === undefined || seed === "token" ? rule : lastAsRemainder(rule);
};

/** A seed by its published name, for the layer that it starts from. */
export const seedNamed = (
  architecture: Architecture,
  name: string,
  layer: number,
  neurons: readonly number[] = [],
): E.Either<readonly Fault[], Seed> | undefined => {
  if (name === "token") return tokenLevel(architecture, layer);
  if (name === "attn") return attentionLevel(architecture, layer);
  if (name === "mlp") return mlpLevel(architecture, layer);
  if (name === "attn_head") return headLevel(architecture, layer);
  return name === "neuron" ? neuronLevel(architecture, layer, neurons) : undefined;
};

/** The state that a subspace call splits, by its place in the stream, from `S[i]`. */
const stateOf = (c: Call): number => Number(/^S\[(\d+)\]$/.exec(c.state ?? "")?.[1] ?? Number.NaN);

const subspace = (architecture: Architecture, c: Call, { "subspace.seed": parts }: Expected) => {
  const place = everyState(architecture)[stateOf(c)];
  if (place === undefined || parts === undefined) return undefined;
  const [named = 0, , width = 0] = parts.shape;
  return E.right(partsSeed("subspace", place, named, input("subspace", [named, "T", width])));
};

/** The states after the seed, in their order. */
const sitesOf = (architecture: Architecture, c: Call): readonly string[] => {
  const from = c.state === undefined ? (c.layer ?? 0) : Math.ceil((stateOf(c) + 1) / 2);
  if (c.axes === "layer,token,part,hidden") return streamSites(architecture).slice(from);
  if (c.until !== undefined) return [streamSites(architecture)[c.until] as string];
  return c.normed === true ? [site.lnFinal] : [site.residFinal];
};

/** Undefined for a call that asks for what is not known here. */
export const decompositionOf = (
  architecture: Architecture,
  c: Call,
  expected: Expected,
): E.Either<readonly Fault[], Decomposition> | undefined => {
  const special = c.ignoreSpecialToken === undefined ? undefined : c.ignoreSpecialToken ? "ignore" : "keep";
  const rule = ruleFor(c.rule ?? "", c.seed ?? "", c.temperature ?? 0.1, special);
  const seed =
    c.seed === "subspace"
      ? subspace(architecture, c, expected)
      : seedNamed(architecture, c.seed ?? "", c.layer ?? 0, c.neurons);
  if (rule === undefined || seed === undefined) return undefined;
  const inputs: Tensors =
    c.seed === "subspace" && expected["subspace.seed"] !== undefined ? { subspace: expected["subspace.seed"] } : {};
  return pipe(
    seed,
    E.map((found) => ({ seed: found, rule, sites: sitesOf(architecture, c), inputs })),
  );
};
