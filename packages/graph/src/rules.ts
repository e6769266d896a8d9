// How an MLP's neurons are split among the parts (method.md, "Rules"): values made of ordinary expressions, written as a
// user would write theirs. Every rule conserves: the parts it gives sum to the neurons.

import type { Dim } from "./dim.ts";
import { conditioned } from "./expand/decomposition.ts";
import { type Expr, node } from "./expr.ts";
import type { Shares, Special } from "./op.ts";
import type { PartsLayout } from "./parts.ts";
import { div, equal, freeze, iota, max, mul, reshape, size, sum, where } from "./syntax.ts";

/** A non-linearity as a rule meets it: `gate` and `neurons` `[T, I]` of the whole; the place is the neurons' site. */
export type Neurons = {
  readonly gate: Expr;
  /** What is split. */
  readonly neurons: Expr;
  /** neurons / gate, with its limit where the gate is 0. */
  readonly secant: Expr;
  readonly tokens: Dim;
  readonly site?: string;
};

/**
 * How a non-linear neuron's output is split among the parts. `split` gets the parts' gate inputs `[M, T, I]`, and of the
 * whole the gate input and the neuron outputs, `[T, I]` each; it returns the parts of the outputs, which must sum to them.
 * Where many seeds are carried at once, groups of parts come, `[G, M, T, I]`: count axes from the end.
 */
export type Rule = {
  readonly name: string;
  /** Whether the parts of the neurons are a linear function of the parts of the gate, so that the pass has an adjoint. */
  readonly linear?: boolean;
  readonly split: (gateParts: Expr, whole: Neurons, layout: PartsLayout) => Expr;
};

const specialOf = ({ tokenLevel }: PartsLayout, special: Special | undefined): Special =>
  special ?? (tokenLevel ? "ignore" : "keep");

/** A result tells by its rule's name whether the special token was kept: what the rule does of itself needs no word. */
const shared = (name: string, shares: Shares, temperature: number, special: Special | undefined): Rule => ({
  name: special === "keep" ? `${name}, special token kept` : name,
  split: (gateParts, { neurons }, layout) => {
    const { remainder } = layout;
    return node("split", { shares, temperature, special: specialOf(layout, special), remainder }, gateParts, neurons);
  },
});

/**
 * DePass's default rule: shares softmax(g / T) over the parts that have a gate input at all.
 * In a token-level run the special token (part 0) takes no output at other tokens unless told to `keep` it.
 */
export const softmaxRule = (temperature = 0.1, special?: Special): Rule =>
  shared(`softmax ${temperature}`, "softmax", temperature, special);

/**
 * All to the part with the largest gate input; evenly to several that have it. It is discontinuous: rounding can hand a
 * neuron from one part to another, so that two right programs may disagree on long prompts.
 */
export const maxRule = (special?: Special): Rule => shared("max", "max", 1, special);

/** Shares in proportion to the positive gate inputs; where there are none, all to the remainder. */
export const reluRule = (special?: Special): Rule => shared("relu", "relu", 1, special);

/** Shares in proportion to how far each gate input is above the least one; evenly where all are alike. */
export const linearRule = (special?: Special): Rule => shared("linear", "linear", 1, special);

/**
 * In proportion to the gate inputs themselves, g · act(z)/z · up with z the whole gate input. The decomposed pass is then
 * linear in its seed: it can be run backwards, and one pass scores the parts of every seed (adjoint mode).
 */
export const taylorRule = (): Rule => ({
  name: "taylor",
  linear: true,
  split: (gateParts, { secant }) => mul(gateParts, freeze(secant)),
});

/**
 * Gate inputs as every rule that shares them sees them: the special token set apart, a remainder of next to nothing as none,
 * and 1 for the remainder where no part has any (method.md, "Special token and remainder").
 */
export const conditionedGates = (gateParts: Expr, { tokens }: Neurons, layout: PartsLayout, special?: Special): Expr =>
  conditioned(gateParts, [layout.count, tokens], specialOf(layout, special), layout.remainder);

/**
 * A rule of one's own: weights of the parts `[M, T, I]`, not negative, from their gate inputs as DePass conditions them
 * (an input that is exactly 0 is none). Shares are weights over their sum; where the sum is 0 all goes to the remainder.
 *
 *     const squares = weightRule("squares", (g) => mul(g, g))
 */
export const weightRule = (name: string, weigh: (gates: Expr) => Expr, special?: Special): Rule => ({
  name,
  split: (gateParts, whole, layout) => {
    const { count, remainder } = layout;
    const weights = weigh(conditionedGates(gateParts, whole, layout, special));
    const isRemainder = reshape(1, [count, 1, 1])(equal(iota(count), size(remainder)));
    const nowhere = mul(isRemainder, equal(max(-3)(weights), 0));
    const caught = where(nowhere, 1, weights);
    return mul(div(caught, sum(-3)(caught)), whole.neurons);
  },
});

/** Another rule at each place, chosen by the site of the neurons. */
export const ruleBySite = (name: string, choose: (site: string | undefined) => Rule): Rule => ({
  name,
  split: (gateParts, whole, layout) => choose(whole.site).split(gateParts, whole, layout),
});
