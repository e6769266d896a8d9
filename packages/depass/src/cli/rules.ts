// Which rule do the options ask for? One by its name, or several, each for some layers: `softmax,taylor@0-9`.
import {
  type Fault,
  linearRule,
  maxRule,
  type Rule,
  reluRule,
  type Special,
  softmaxRule,
  taylorRule,
} from "@depass/graph";
import type { Architecture } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { ruleByLayer } from "../layer-rules.ts";
import { usage } from "./outcome.ts";
import type { OwnOptions } from "./own-method.ts";
import { type RuleName, ruleNames, rulesIn } from "./rule-text.ts";

export type RuleOptions = OwnOptions & {
  /** As `--rule` has it. */
  readonly rule?: string;
  readonly temperature: number;
  readonly special: Special;
};

const named: Readonly<Record<RuleName, (temperature: number, special: Special | undefined) => Rule>> = {
  softmax: softmaxRule,
  max: (_, special) => maxRule(special),
  relu: (_, special) => reluRule(special),
  linear: (_, special) => linearRule(special),
  taylor: taylorRule,
};

/**
 * The special token is set apart by default where tokens are the parts, and nowhere else. Faults: no such rule, and those of
 * ruleByLayer().
 */
export const ruleOf = (
  architecture: Architecture,
  { own, rule: text = "softmax", temperature, special }: RuleOptions,
): E.Either<readonly Fault[], Rule> => {
  const kept = special === "keep" ? "keep" : undefined;
  if (own?.rule !== undefined) return E.right(own.rule);
  // One value for each name: by it the same rule in all layers is known.
  const rules = Object.fromEntries(ruleNames.map((name) => [name, named[name](temperature, kept)]));
  return pipe(
    rulesIn(text),
    E.mapLeft((expected): readonly Fault[] => [usage("--rule", expected, text)]),
    E.map((placed) => placed.map(({ name, ...layers }) => ({ rule: rules[name] as Rule, ...layers }))),
    E.chain((placed) => ruleByLayer(architecture, placed)),
  );
};
