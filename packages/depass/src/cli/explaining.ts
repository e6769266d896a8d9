// How is a generated text to be explained? The options of it, which are other words than those of sampling, and the method.
import type { Fault, Faulty, Special } from "@depass/graph";
import type { Model } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { Continuation, ExplainGeneratedOptions } from "../explain-generated.ts";
import { graphHash, weightsHash } from "../fingerprint.ts";
import { runnerUp } from "../foils.ts";
import { scoringGraph } from "../generated-scores.ts";
import type { Attribution } from "../result.ts";
import { parseTarget, type TargetChoice } from "../target.ts";
import { type Method, methodOf, type SeedName } from "./method.ts";
import { usage } from "./outcome.ts";
import type { OwnOptions } from "./own-method.ts";

export type ExplainingOptions = OwnOptions & {
  readonly rule?: string;
  readonly ruleTemperature?: number;
  readonly parts?: SeedName;
  readonly from?: number;
  readonly neurons?: readonly number[];
  readonly range?: readonly string[];
  readonly drill?: readonly string[];
  readonly special?: Special;
};

/** `--foil` alone is the runner-up at each place. */
export type FoilOptions = { readonly foil?: true | readonly string[]; readonly foilAt?: readonly string[] };

type AskedOptions = ExplainingOptions &
  FoilOptions & {
    readonly explain?: true;
    readonly cite?: string;
    readonly save?: string;
    readonly report?: string;
  };

/** The options of an explanation as `depass attribute` has them. */
export const methodAsked = (
  model: Model,
  { parts, from = 0, neurons, range, drill, rule, ruleTemperature = 0.1, special = "ignore", own }: ExplainingOptions,
): E.Either<readonly Fault[], Method> =>
  own?.direction !== undefined
    ? E.left([usage("--method", "a rule or parts", "a direction", "attribute takes it")])
    : methodOf(
        {
          from,
          temperature: ruleTemperature,
          special,
          ...(parts && { seed: parts }),
          ...(neurons && { neurons }),
          ...(range && { range }),
          ...(drill && { drill }),
          ...(rule && { rule }),
          ...(own && { own }),
        },
        model,
      );

/** `7= Rome`: a place and a token, as the option's codec has seen to. */
const placed = (text: string): readonly [position: number, foil: TargetChoice] => {
  const end = text.indexOf("=");
  return [Number(text.slice(0, end)), parseTarget(text.slice(end + 1))];
};

/** What each generated token is told apart from. */
export const foilAsked = ({ foil, foilAt = [] }: FoilOptions): Pick<ExplainGeneratedOptions, "foil"> => {
  const all = foil === true ? runnerUp : foil?.map(parseTarget);
  if (foilAt.length === 0) return all === undefined ? {} : { foil: all };
  const own = (position: number) => foilAt.map(placed).flatMap(([at, one]) => (at === position ? [one] : []));
  return { foil: ({ position }) => (own(position).length > 0 ? own(position) : all) };
};

/** Faults: a place at which no token was generated. */
export const checkFoils = (
  { foilAt = [] }: FoilOptions,
  { encoding: { ids }, promptTokens }: Continuation,
): E.Either<readonly Fault[], void> => {
  const wrong = foilAt.map(placed).find(([position]) => position < promptTokens || position >= ids.length);
  return wrong === undefined
    ? E.right(undefined)
    : E.left([usage("--foil-at", `the place of a new token, ${promptTokens} to ${ids.length - 1}`, `${wrong[0]}`)]);
};

const shared = ["foil", "foilAt"] as const;

export const explaining = [
  "rule",
  "ruleTemperature",
  "parts",
  "from",
  "neurons",
  "range",
  "drill",
  "special",
  "method",
  "basis",
] as const;
const flags: Readonly<Record<(typeof explaining)[number] | (typeof shared)[number], string>> = {
  rule: "--rule",
  ruleTemperature: "--rule-temperature",
  parts: "--parts",
  from: "--from",
  neurons: "--neurons",
  range: "--range",
  drill: "--drill",
  special: "--special",
  method: "--method",
  basis: "--basis",
  foil: "--foil",
  foilAt: "--foil-at",
};

/** Faults: options of an explanation that is not asked for, a citation of what is no token. */
export const checkExplaining = (options: AskedOptions): E.Either<readonly Fault[], void> => {
  const { explain, cite: text, save, report, parts = "token" } = options;
  const isAsked = explain === true || text !== undefined || report !== undefined;
  const idle = [...explaining, ...shared].filter((name) => options[name] !== undefined && !isAsked);
  const faults = [
    ...(save !== undefined && !isAsked
      ? [usage("--save", "--explain, --cite or --report with it", "none of them")]
      : []),
    ...idle.map((name) => usage(flags[name], "--explain, --cite or --report with it", "none of them")),
    ...(["cite", "report"] as const)
      .filter((name) => options[name] !== undefined && parts !== "token")
      .map((name) => usage(`--${name}`, "--parts token with it", `--parts ${parts}`)),
  ];
  return faults.length > 0 ? E.left(faults) : E.right(undefined);
};

/** Hashes of the weights and of the graph that explains. */
export const hashesOf = (
  model: Model,
  options: ExplainingOptions,
  contrast: boolean,
): Faulty<NonNullable<Attribution["hashes"]>> =>
  pipe(
    TE.fromEither(methodAsked(model, options)),
    TE.chainEitherK(({ level, rule }) => scoringGraph(model.architecture, rule, level.seed, contrast)),
    TE.bindTo("scoring"),
    TE.bind("weights", () => weightsHash(model)),
    TE.map(({ scoring, weights }) => ({ weights, graph: graphHash(scoring.graph) })),
  );
