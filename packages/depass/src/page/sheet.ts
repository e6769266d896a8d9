// One answer on the page, whatever made it: an attribution, maps of heads and modules, a comparison of rules, or a text that the
// model wrote.
import { type Fault, fault } from "@depass/graph";
import type { Apart } from "../apart.ts";
import type { Comparison } from "../compare.ts";
import type { Maps } from "../maps.ts";
import { type Attribution, type AttributionJson, toJson } from "../result.ts";
import { type Modules, modulesOf } from "./modules.ts";
import { type Rules, rulesOf } from "./rules.ts";
import { type Thinned, thinned } from "./thinned.ts";
import { type Written, type WrittenJson, writtenJson } from "./written.ts";

/** What can be reported. */
export type Reported = Attribution | Maps | Comparison | Written;

export type Extras = {
  /** What was called, to be copied from the page. */
  readonly command?: string;
  /** Scores of heads and modules for an attribution's prompt and target. */
  readonly maps?: Maps;
  /** The two sides of an attribution's contrast. */
  readonly apart?: Apart;
  /** The same parts of an attribution under other rules. */
  readonly comparison?: Comparison;
};

/** One prompt and the token behind it. */
export type AnswerSheet = Thinned &
  Pick<Extras, "command" | "apart"> & { readonly modules?: Modules; readonly rules?: Rules };

/** A text whose tokens are explained, each by all before it. */
export type TextSheet = Pick<Extras, "command"> & { readonly written: WrittenJson };

export type Sheet = AnswerSheet | TextSheet;

type Asked = Pick<Attribution, "prompt" | "target" | "position" | "foils">;

const questionOf = ({ prompt, target, position, foils = [] }: Asked): string =>
  JSON.stringify([prompt, target.id, position, foils.map((f) => f.id)]);

const isAttribution = (what: Reported): what is Attribution => "parts" in what;

const partNames = ({ parts }: Attribution): string => JSON.stringify(parts.map((p) => p.name));

const fits = (what: Attribution, { attributions }: Comparison): boolean =>
  attributions.every((a) => questionOf(a) === questionOf(what) && partNames(a) === partNames(what));

/** Extras of another question would be wrong numbers beside right ones. */
export const extraFaults = (what: Reported, { maps, comparison, apart }: Extras): readonly Fault[] => {
  const result = isAttribution(what) ? what : undefined;
  const of = (where: string, expected: string): Fault =>
    fault("usage", where, expected, result === undefined ? "a result that is no attribution" : "others");
  return [
    ...("explanation" in what && !what.explanation.byToken
      ? [fault("usage", "explanation", "one whose parts are the tokens", `seed ${what.explanation.seed}`)]
      : []),
    ...(maps === undefined || (result !== undefined && questionOf(result) === questionOf(maps))
      ? []
      : [of("maps", "those of the result's prompt, target and foils")]),
    ...(apart === undefined || apart.target.length === result?.parts.length
      ? []
      : [of("apart", "the sides of the result's own contrast")]),
    ...(comparison === undefined || (result !== undefined && fits(result, comparison))
      ? []
      : [of("comparison", "one of the result's prompt, target, foils and parts")]),
  ];
};

/** Maps as a result without parts: nothing is summed. */
const withoutParts = (maps: Maps): AttributionJson => {
  const { heads: _, attention: _a, mlp: _m, all: _n, ...rest } = toJson(maps);
  return { ...rest, seed: "heads, attention and MLP of every layer", parts: [], total: 0 };
};

/** A comparison is its first attribution with the others beside it. */
const answerOf = (what: Attribution | Comparison, { maps, comparison, apart }: Extras, most: number): AnswerSheet => {
  const [result, compared] = "parts" in what ? [what, comparison] : [what.attributions[0] as Attribution, what];
  return {
    ...thinned(toJson(result), most),
    ...(maps === undefined ? {} : { modules: modulesOf(maps) }),
    ...(apart === undefined ? {} : { apart }),
    ...(compared === undefined ? {} : { rules: rulesOf(compared) }),
  };
};

/** `most`: scores by layer or by new token that it may have. */
export const sheetOf = (what: Reported, extras: Extras, most: number): Sheet => {
  const called = extras.command === undefined ? {} : { command: extras.command };
  if ("explanation" in what) return { written: writtenJson(what, most), ...called };
  if ("heads" in what) return { result: withoutParts(what), modules: modulesOf(what), ...called };
  return { ...answerOf(what, extras, most), ...called };
};
