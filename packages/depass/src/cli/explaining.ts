// How is a generated text to be explained? The options of it, which are other words than those of sampling, and the method.
import type { Fault, Faulty, Special } from "@depass/graph";
import type { Model } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { scoringGraph } from "../explain-generated.ts";
import { graphHash, weightsHash } from "../fingerprint.ts";
import type { Attribution } from "../result.ts";
import { methodOf, type RuleName, type SeedName } from "./method.ts";
import { usage } from "./outcome.ts";

export type ExplainingOptions = {
  readonly rule?: RuleName;
  readonly ruleTemperature?: number;
  readonly parts?: SeedName;
  readonly from?: number;
  readonly neurons?: readonly number[];
  readonly special?: Special;
};

type AskedOptions = ExplainingOptions & {
  readonly explain?: true;
  readonly cite?: string;
  readonly save?: string;
  readonly report?: string;
};

/** The options of an explanation as `depass attribute` has them. */
export const methodAsked = (
  model: Model,
  { parts, from = 0, neurons, rule, ruleTemperature = 0.1, special = "ignore" }: ExplainingOptions,
) =>
  methodOf(
    {
      from,
      temperature: ruleTemperature,
      special,
      ...(parts && { seed: parts }),
      ...(neurons && { neurons }),
      ...(rule && { rule }),
    },
    model,
  );

export const explaining = ["rule", "ruleTemperature", "parts", "from", "neurons", "special"] as const;
const flags: Readonly<Record<(typeof explaining)[number], string>> = {
  rule: "--rule",
  ruleTemperature: "--rule-temperature",
  parts: "--parts",
  from: "--from",
  neurons: "--neurons",
  special: "--special",
};

/** Faults: options of an explanation that is not asked for, a citation of what is no token. */
export const checkExplaining = (options: AskedOptions): E.Either<readonly Fault[], void> => {
  const { explain, cite: text, save, report, parts = "token" } = options;
  const isAsked = explain === true || text !== undefined || report !== undefined;
  const idle = explaining.filter((name) => options[name] !== undefined && !isAsked);
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
export const hashesOf = (model: Model, options: ExplainingOptions): Faulty<NonNullable<Attribution["hashes"]>> =>
  pipe(
    TE.fromEither(methodAsked(model, options)),
    TE.chainEitherK(({ level, rule }) => scoringGraph(model.architecture, rule, level.seed)),
    TE.bindTo("scoring"),
    TE.bind("weights", () => weightsHash(model)),
    TE.map(({ scoring, weights }) => ({ weights, graph: graphHash(scoring.graph) })),
  );
