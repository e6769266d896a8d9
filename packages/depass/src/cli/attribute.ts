// `depass attribute`: why this token? Everything that can be wrong with the call is found before the weights are read.
import type { Fault, Faulty } from "@depass/graph";
import type { Model } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { explainOptions } from "../explain.ts";
import { type Explained, type ExplainOptions, explaining, type Mode, type PromptAsk } from "../explaining.ts";
import { explanationGraph } from "../explanation.ts";
import { graphHash } from "../fingerprint.ts";
import { lazy } from "../lazy.ts";
import { isRanked, type Level, levelOf } from "../level.ts";
import type { Extras } from "../page/sheet.ts";
import type { Prompt } from "../prompt.ts";
import type { PlaceName } from "../reading.ts";
import { report } from "../report/attribution.ts";
import { attributionRecords } from "../report/records.ts";
import { type Attribution, toJson } from "../result.ts";
import type { Asking, Origin, Understood } from "./ask.ts";
import { besideBy, type ExtraOptions } from "./extras.ts";
import { formatOf } from "./format.ts";
import { type MethodOptions, rankedMethodOf } from "./method.ts";
import { usage } from "./outcome.ts";
import { type TellOptions, tell } from "./tell.ts";
import { columnsOf, stdoutInk } from "./terminal.ts";

export type AttributeOptions = TellOptions &
  MethodOptions &
  ExtraOptions & {
    readonly to?: PlaceName;
    readonly top?: number;
    readonly layers?: true;
    readonly promotes?: number;
    readonly mode?: Mode;
    readonly all?: true;
  };

/** What is shown on a page only needs one, and explains the model's own last state. */
const extraFaults = (options: AttributeOptions): readonly Fault[] =>
  (["maps", "compare"] as const)
    .filter((name) => options[name])
    .flatMap((name) => [
      ...(options.report === undefined ? [usage(`--${name}`, "--report with it", "no page to show it on")] : []),
      ...(options.to === undefined ? [] : [usage(`--${name}`, "the last state", `--to ${options.to}`)]),
    ]);

const ALL_THERE = "the JSON always has all parts, and so have tables";

const faults = (options: AttributeOptions): readonly Fault[] => {
  const { all, json } = options;
  const format = formatOf(options);
  const idle =
    format !== "text" && all
      ? [usage("--all", "the report for people", `--${json ? "" : "format "}${format}`, ALL_THERE)]
      : [];
  return [...idle, ...extraFaults(options)];
};

/** What is asked of a prompt, as it is kept in a file: all but what ask.ts keeps by itself, and where the result goes. */
const callOf = (options: AttributeOptions): Readonly<Record<string, unknown>> =>
  Object.fromEntries(asked.map((name) => [name, options[name]]));

const asked = [
  ...(["seed", "from", "neurons", "range", "drill", "rule", "temperature", "special"] as const),
  ...(["to", "layers", "promotes", "mode"] as const),
];

const methodOf = (model: Model, options: AttributeOptions): E.Either<readonly Fault[], ExplainOptions> => {
  const { to, layers, mode, promotes } = options;
  return pipe(
    rankedMethodOf(options, model),
    E.chain(({ level, rule }) =>
      explainOptions(
        model,
        {
          seed: level,
          rule,
          ...(to !== undefined && { to }),
          ...(layers && { layers }),
          ...(mode && { mode }),
          ...(promotes !== undefined && { promotes }),
        },
        "",
      ),
    ),
  );
};

/** What makes an attribution again; the graph's hash is that of all prompts, unless each chose its parts. */
const origins = (model: Model, method: ExplainOptions, options: AttributeOptions) => {
  const hashOf = ({ seed }: Level) =>
    pipe(
      explanationGraph(model, { ...method, seed }),
      E.map(({ graph }) => graphHash(graph)),
    );
  const own = isRanked(method.seed) ? undefined : levelOf(method.seed);
  const shared = own && lazy(() => hashOf(own));
  return ({ level, chosen }: Explained): E.Either<readonly Fault[], Origin> =>
    pipe(
      shared === undefined ? hashOf(level) : shared(),
      // Chosen once: made again, a result has the same parts.
      E.map((graph) => ({ graph, call: { ...callOf(options), ...(chosen === undefined ? {} : { neurons: chosen }) } })),
    );
};

const understood = (model: Model, options: AttributeOptions): E.Either<readonly Fault[], Understood<Attribution>> =>
  pipe(
    methodOf(model, options),
    E.bindTo("method"),
    E.bind("ready", ({ method }) => explaining(model, method)),
    E.map(({ method, ready: { check, on } }) => {
      const originOf = origins(model, method, options);
      const beside = options.report === undefined ? undefined : besideBy(model, method.rule, options);
      return {
        check,
        on: ({ backend }, kept) => {
          const explain = on(backend, kept);
          const extrasOf = (
            prompt: Prompt,
            ask: PromptAsk,
            { attribution: result, level }: Explained,
          ): Faulty<Extras> =>
            beside?.(backend, kept, { prompt, result }, { ...method, ...ask, seed: level }) ?? TE.right({});
          return (prompt, ask) =>
            pipe(
              explain(prompt, ask),
              TE.bindTo("found"),
              TE.bind("extras", ({ found }) => extrasOf(prompt, ask, found)),
              TE.map(({ found, extras }) => ({
                result: found.attribution,
                extras,
                origin: () => originOf(found),
              })),
            );
        },
      };
    }),
  );

/** Faults: those of the call, of the checkpoint and of the backend. */
export const attributing: Asking<AttributeOptions, Attribution> = {
  name: "attribute",
  faults,
  understood,
  shown: (attribution, options) => ({
    json: () => toJson(attribution),
    records: () => attributionRecords(attribution),
    text: () =>
      report(attribution, {
        ink: stdoutInk(),
        columns: columnsOf(process.stdout),
        all: options.all === true,
        own: options.target === undefined,
      }).join("\n"),
  }),
};

export const attribute = tell(attributing);
