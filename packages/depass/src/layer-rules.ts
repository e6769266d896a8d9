// Another rule in some layers: ranges of layers, each with a rule of its own, as one rule. What is wrong with the ranges is found
// here, before anything is decomposed by them.
//
//   const rule = orThrow(ruleByLayer(model.architecture, [{ rule: softmaxRule() }, { rule: taylorRule(), from: 0, to: 9 }]))
import { type Fault, fault, nodesOf, type Rule, ruleBySite } from "@depass/graph";
import type { Architecture } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { layerIn } from "./layer.ts";

/** A rule and its layers, `from` to `to`, both of them too; without `to` up to the last, without `from` all that no other has. */
export type LayerRule = { readonly rule: Rule; readonly from?: number; readonly to?: number };

type Ranged = { readonly rule: Rule; readonly from: number; readonly to: number };

const EXAMPLE = "as in softmax,taylor@0-9";

const shown = ({ from, to }: Ranged): string => (from === to ? `layer ${from}` : `layers ${from}-${to}`);

const wrong = (expected: string, got: string): Fault => fault("rule", "rule by layer", expected, got, EXAMPLE);

const rangeFaults = (layers: number, ranges: readonly Ranged[]): readonly Fault[] => {
  const isIn = ({ from, to }: Ranged): boolean => Number.isInteger(from) && Number.isInteger(to) && from <= to;
  const outside = ranges.filter((r) => !isIn(r) || r.from < 0 || r.to >= layers);
  if (outside.length > 0)
    return outside.map((r) => wrong(`layers of this model, 0 to ${layers - 1}, the first before the last`, shown(r)));
  const sorted = [...ranges].sort((a, b) => a.from - b.from);
  return sorted.flatMap((r, i) => {
    const before = sorted[i - 1];
    return before !== undefined && r.from <= before.to
      ? [wrong("one rule for each layer", `${before.rule.name} and ${r.rule.name} in layer ${r.from}`)]
      : [];
  });
};

const restFaults = (layers: number, ranges: readonly Ranged[], rest: readonly LayerRule[]): readonly Fault[] => {
  if (rest.length > 1)
    return [wrong("at most one rule without layers", rest.map(({ rule }) => rule.name).join(" and "))];
  const bare = Array.from({ length: layers }, (_, l) => l).find((l) => !ranges.some((r) => r.from <= l && l <= r.to));
  return rest.length === 0 && bare !== undefined
    ? [wrong("a rule without layers for all others, or one for each", `none for layer ${bare}`)]
    : [];
};

/** A rule that does not know its layer would be any of them. */
const placeFaults = ({ normed }: Architecture): readonly Fault[] =>
  nodesOf({ normed })
    .filter(({ op, site }) => (op === "gated" || op === "activate") && layerIn(site) === undefined)
    .slice(0, 1)
    .map(({ op, site }) => wrong("neurons whose site says their layer, layers.N.…", `${op} at ${site ?? "no site"}`));

const named = (ranges: readonly Ranged[], rest: readonly LayerRule[]): string =>
  [...rest.map(({ rule }) => rule.name), ...ranges.map((r) => `${r.rule.name} in ${shown(r)}`)].join("; ");

/**
 * One rule of several, by layer; where every layer has the same it is that rule itself, linear if that is. Faults (tag `rule`):
 * layers that the model does not have, that have two rules or none, neurons of no layer.
 */
export const ruleByLayer = (
  architecture: Architecture,
  rules: readonly LayerRule[],
): E.Either<readonly Fault[], Rule> => {
  const { layers } = architecture;
  const ranges = rules.flatMap(({ rule, from, to }) =>
    from === undefined ? [] : [{ rule, from, to: to ?? Math.max(from, layers - 1) }],
  );
  const rest = rules.filter(({ from }) => from === undefined);
  const faults = [...rangeFaults(layers, ranges), ...restFaults(layers, ranges, rest)];
  if (faults.length > 0) return E.left(faults);
  const at = (layer: number | undefined): Rule =>
    (ranges.find(({ from, to }) => layer !== undefined && from <= layer && layer <= to) ?? rest[0])?.rule as Rule;
  const used = new Set(Array.from({ length: layers }, (_, l) => at(l)));
  const [only] = [...used];
  if (used.size === 1 && only !== undefined) return E.right(only);
  const nowhere = placeFaults(architecture);
  return nowhere.length > 0
    ? E.left(nowhere)
    : E.right(
        ruleBySite(
          named(
            ranges,
            rest.filter(({ rule }) => used.has(rule)),
          ),
          (site) => at(layerIn(site)),
        ),
      );
};
