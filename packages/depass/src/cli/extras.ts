// What stands on an attribution's page beside it? Heads and modules of the same answer, and the same parts under every other
// rule: each a run of its own, on the backend that is open.
import type { Backend, Faulty, Rule } from "@depass/graph";
import type { Model } from "@depass/models";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { apart } from "../apart.ts";
import { type Comparison, compared, everyRule } from "../compare.ts";
import type { ExplainOptions } from "../explaining.ts";
import type { Level } from "../level.ts";
import { mapping } from "../maps.ts";
import type { Extras } from "../page/sheet.ts";
import type { Prompt } from "../prompt.ts";
import type { Attribution } from "../result.ts";

export type ExtraOptions = { readonly maps?: true; readonly compare?: true };

/** What was asked, its parts chosen. */
type Explained = ExplainOptions & { readonly seed: Level };

/** A result, and the prompt as it was given. */
type Answered = { readonly prompt: Prompt; readonly result: Attribution };

/** The rule at hand first: the others are measured against it. */
const rulesAround = (rule: Rule): readonly Rule[] => [rule, ...everyRule().filter(({ name }) => name !== rule.name)];

const comparisonFor = (
  model: Model,
  backend: Backend,
  { prompt, result: { target } }: Answered,
  { to: _, lenses: _l, mode: _m, promotes: _p, rule, seed, ...options }: Explained,
): Faulty<Comparison> =>
  compared(model, backend, prompt, { ...options, seed, target: target.id, rules: rulesAround(rule) });

/** What stands beside results of one method, by their question. Faults: those of the runs. */
export type Beside = (backend: Backend, kept: Backend, answered: Answered, asked: Explained) => Faulty<Extras>;

/** The graph of the maps is made once, for all prompts; `kept` is the backend that keeps it. */
export const besideBy = (model: Model, rule: Rule, { maps, compare }: ExtraOptions): Beside => {
  const mapped = maps && mapping(model, rule);
  return (backend, kept, answered, explained) => {
    const { prompt, result } = answered;
    const { seed: _, to: _t, lenses: _l, mode: _m, promotes: _p, ...asked } = explained;
    return pipe(
      mapped === undefined
        ? TE.right({})
        : pipe(
            mapped(kept, prompt, { ...asked, target: result.target.id }),
            TE.map((found) => ({ maps: found })),
          ),
      TE.bindTo("own"),
      TE.bind("other", () =>
        compare === undefined
          ? TE.right({})
          : pipe(
              comparisonFor(model, backend, answered, explained),
              TE.map((comparison) => ({ comparison })),
            ),
      ),
      TE.bind("sides", () => apart(model, result)),
      TE.map(({ own, other, sides }) => ({ ...own, ...other, ...(sides && { apart: sides }) })),
    );
  };
};
