// `depass plan`: what would a run take? Bytes, tiles, operations and a guess at the time, before weights are read.
import {
  bindSizes,
  type Fault,
  type Faulty,
  type Foreseen,
  fault,
  flops,
  type Graph,
  leavesOf,
  type Rule,
  type Sizes,
  type Tensors,
} from "@depass/graph";
import type { Model } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type BackendName, type OpenBackend, openBackend } from "../backends.ts";
import { explainOptions } from "../explain.ts";
import { about, encodePrompt } from "../explainer.ts";
import { explanationGraph } from "../explanation.ts";
import { type Level, partsIn } from "../level.ts";
import { graphOfMaps } from "../maps.ts";
import { measuredRate } from "../rate.ts";
import { type PlanReport, partsBytes, planRecords, reportPlan } from "../report/plan.ts";
import { checkBackend } from "./backend.ts";
import { type ModelOptions, withModel } from "./checkpoint.ts";
import { type FormatOptions, shownAs } from "./format.ts";
import { type Method, type MethodOptions, methodOf } from "./method.ts";
import { usage } from "./outcome.ts";
import { withOwn } from "./own-method.ts";
import { type PromptOptions, promptTo, readPrompt } from "./prompt.ts";
import { print } from "./terminal.ts";

export type PlanCommandOptions = ModelOptions &
  MethodOptions &
  PromptOptions & {
    readonly tokens?: number;
    readonly backend: Exclude<BackendName, "reference">;
    readonly adapter?: string;
    readonly memory?: number;
    readonly layers?: true;
    readonly maps?: true;
  } & FormatOptions;

/** How long the prompt is, and the inputs that say what its parts are. */
type Length = { readonly tokens: number; readonly inputs: Tensors };

const lengthOf = (options: PlanCommandOptions, model: Model, level: Level): Faulty<Length> => {
  const { tokens, seed } = options;
  const { context } = model.architecture;
  if (tokens === undefined)
    return pipe(
      readPrompt(options),
      TE.chain((prompt) => promptTo(model, prompt, options)),
      TE.chainEitherK((prompt) => encodePrompt(model, prompt)),
      TE.bindTo("encoding"),
      TE.bind("parts", ({ encoding }) => TE.fromEither(partsIn(level, encoding))),
      TE.map(({ encoding, parts }) => ({ tokens: encoding.ids.length, inputs: parts.inputs ?? {} })),
    );
  if (level.partsOf !== undefined)
    return TE.left([usage(`--seed ${seed}`, "a prompt with it, whose parts they are", "--tokens")]);
  return tokens <= context
    ? TE.right({ tokens, inputs: {} })
    : TE.left([usage("--tokens", `at most ${context}, the model's context`, `${tokens}`)]);
};

const sizesOf = (graph: Graph, { tokens, inputs }: Length): E.Either<readonly Fault[], Sizes> => {
  const known = leavesOf(graph).filter((leaf) => Object.hasOwn(inputs, leaf.params.name));
  return bindSizes(Object.fromEntries(known.map((leaf) => [leaf.params.name, leaf])), inputs, { T: tokens });
};

const foreseenOn = (
  { backend }: OpenBackend,
  graph: Graph,
  model: Model,
  sizes: Sizes,
): E.Either<readonly Fault[], Foreseen> =>
  backend.foresee?.(graph, model.weights, sizes) ??
  E.left([fault("no-plan", backend.name, "a backend that tells what it takes", "one that does not")]);

/** The graph of the parts, with the scores at every layer where they are asked for. */
const explainedBy = (model: Model, { level: { seed }, rule }: Method, { layers }: PlanCommandOptions) =>
  pipe(
    explainOptions(model, { seed, rule, layers: layers === true }, ""),
    E.chain(({ lenses = [] }) => explanationGraph(model, { seed, rule, lenses })),
  );

type Maps = { readonly flops: number; readonly bytes: Foreseen };

/** What heads and modules of all layers take, which are a run of their own. */
const mapsPlanned = (model: Model, rule: Rule, sizes: Sizes, open: OpenBackend): E.Either<readonly Fault[], Maps> =>
  pipe(
    graphOfMaps(model, rule),
    E.bindTo("graph"),
    E.bind("flops", ({ graph }) => flops(graph, sizes)),
    E.bind("bytes", ({ graph }) => foreseenOn(open, graph, model, sizes)),
    E.map(({ flops: operations, bytes }) => ({ flops: operations, bytes })),
  );

const planned = (model: Model, options: PlanCommandOptions, open: OpenBackend): Faulty<PlanReport> =>
  pipe(
    TE.fromEither(methodOf(options, model)),
    TE.bindTo("method"),
    TE.bind("explained", ({ method }) => TE.fromEither(explainedBy(model, method, options))),
    TE.bind("length", ({ method }) => lengthOf(options, model, method.level)),
    TE.bind("sizes", ({ explained, length }) => TE.fromEither(sizesOf(explained.graph, length))),
    TE.bind("operations", ({ explained, sizes }) => TE.fromEither(flops(explained.graph, sizes))),
    TE.bind("foreseen", ({ explained, sizes }) => TE.fromEither(foreseenOn(open, explained.graph, model, sizes))),
    TE.bind("parts", ({ explained, sizes }) => TE.fromEither(partsBytes(explained, sizes))),
    TE.bind("maps", ({ method: { rule }, length: { tokens } }) =>
      options.maps ? TE.fromEither(mapsPlanned(model, rule, { T: tokens }, open)) : TE.right(undefined),
    ),
    TE.bind("rate", () => measuredRate(open.backend)),
    TE.map(({ length: { tokens }, operations, foreseen, parts, maps, rate }) => ({
      ...about(model, open.backend, open.why),
      tokens,
      bytes: { ...foreseen, parts },
      flops: operations,
      rate,
      seconds: operations / rate,
      ...(maps && { maps: { ...maps, seconds: maps.flops / rate } }),
    })),
  );

/** Faults: those of the call and of the checkpoint, no device, a run that does not fit. */
export const plan = (options: PlanCommandOptions): Faulty<void> =>
  pipe(
    TE.fromEither(checkBackend(options)),
    TE.chain(() =>
      withModel(options, (model) =>
        pipe(
          withOwn(options, model),
          TE.chain((asked) =>
            TE.bracket(
              openBackend(options),
              (open) => planned(model, asked, open),
              ({ backend }) => TE.fromTask(async () => backend.close()),
            ),
          ),
        ),
      ),
    ),
    TE.map((report) =>
      print(
        shownAs(options, {
          json: () => report,
          records: () => planRecords(report),
          text: () => reportPlan(report).join("\n"),
        }),
      ),
    ),
  );
