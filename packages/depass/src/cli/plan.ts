// `depass plan`: what would a run take? Bytes, tiles, operations and a guess at the time, before weights are read.
import { type Fault, type Faulty, type Foreseen, fault, flops } from "@depass/graph";
import type { Model } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type BackendName, type OpenBackend, openBackend } from "../backends.ts";
import { encodePrompt, explanationGraph } from "../explainer.ts";
import { measuredRate } from "../rate.ts";
import { type PlanReport, partsBytes, reportPlan } from "../report/plan.ts";
import { folderOf, withModel } from "./checkpoint.ts";
import { type MethodOptions, methodOf } from "./method.ts";
import { usage } from "./outcome.ts";
import { type PromptOptions, readPrompt } from "./prompt.ts";
import { print } from "./terminal.ts";

export type PlanCommandOptions = MethodOptions &
  PromptOptions & {
    readonly model?: string;
    readonly tokens?: number;
    readonly backend: Exclude<BackendName, "reference">;
    readonly adapter?: string;
    readonly memory?: number;
    readonly json?: true;
  };

const tokensOf = (options: PlanCommandOptions, model: Model): Faulty<number> => {
  const { context } = model.architecture;
  if (options.tokens === undefined)
    return pipe(
      readPrompt(options),
      TE.chainEitherK((prompt) => encodePrompt(model, prompt)),
      TE.map(({ ids }) => ids.length),
    );
  return options.tokens <= context
    ? TE.right(options.tokens)
    : TE.left([usage("--tokens", `at most ${context}, the model's context`, `${options.tokens}`)]);
};

const foreseenOn = (
  { backend }: OpenBackend,
  graph: Parameters<typeof flops>[0],
  model: Model,
  T: number,
): E.Either<readonly Fault[], Foreseen> =>
  backend.foresee?.(graph, model.weights, { T }) ??
  E.left([fault("no-plan", backend.name, "a backend that tells what it takes", "one that does not")]);

const planned = (model: Model, options: PlanCommandOptions, open: OpenBackend): Faulty<PlanReport> =>
  pipe(
    TE.fromEither(methodOf(options, model)),
    TE.chainEitherK(({ seed, rule }) => explanationGraph(model, seed, rule)),
    TE.bindTo("explained"),
    TE.bind("tokens", () => tokensOf(options, model)),
    TE.bind("operations", ({ explained, tokens }) => TE.fromEither(flops(explained.graph, { T: tokens }))),
    TE.bind("foreseen", ({ explained, tokens }) => TE.fromEither(foreseenOn(open, explained.graph, model, tokens))),
    TE.bind("parts", ({ explained, tokens }) => TE.fromEither(partsBytes(explained.graph, { T: tokens }))),
    TE.bind("rate", () => measuredRate(open.backend)),
    TE.map(({ tokens, operations, foreseen, parts, rate }) => ({
      model: model.folder,
      backend: { name: open.backend.name, device: open.backend.device, why: open.why },
      tokens,
      bytes: { ...foreseen, parts },
      flops: operations,
      rate,
      seconds: operations / rate,
    })),
  );

/** Faults: those of the call and of the checkpoint, no device, a run that does not fit. */
export const plan = (options: PlanCommandOptions): Faulty<void> =>
  pipe(
    withModel(folderOf(options.model), (model) =>
      TE.bracket(
        openBackend(options),
        (open) => planned(model, options, open),
        ({ backend }) => TE.fromTask(async () => backend.close()),
      ),
    ),
    TE.map((report) => print(options.json ? JSON.stringify(report, undefined, 2) : reportPlan(report).join("\n"))),
  );
