// `depass attribute`: why this token? Everything that can be wrong with the call is found before the weights are read.
import type { Fault, Faulty } from "@depass/graph";
import type { Model } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type Explained, type ExplainOptions, explainChosen, explainOptions, type Mode } from "../explain.ts";
import { encodePrompt } from "../explainer.ts";
import { explanationGraph } from "../explanation.ts";
import { graphHash, weightsHash } from "../fingerprint.ts";
import type { Extras } from "../page/sheet.ts";
import type { Prompt } from "../prompt.ts";
import type { PlaceName } from "../reading.ts";
import { report } from "../report/attribution.ts";
import { attributionRecords } from "../report/records.ts";
import { type Attribution, toJson } from "../result.ts";
import { checkPlace, save } from "../save.ts";
import { attended, runOptions } from "./attended.ts";
import { type BackendOptions, unheardOptions } from "./backend.ts";
import { type ModelOptions, withModel } from "./checkpoint.ts";
import { type ExtraOptions, extrasFor } from "./extras.ts";
import { contradictions, type FormatOptions, formatOf, shownAs } from "./format.ts";
import { type MethodOptions, rankedMethodOf } from "./method.ts";
import { usage } from "./outcome.ts";
import { checkPage, commandOf, type PageOptions, writePage } from "./page.ts";
import { type PromptOptions, promptTo, readPrompt, splitsOf } from "./prompt.ts";
import { type QuestionOptions, questionOf } from "./question.ts";
import { columnsOf, print, stdoutInk } from "./terminal.ts";

export type AttributeOptions = ModelOptions &
  MethodOptions &
  PromptOptions &
  QuestionOptions &
  BackendOptions &
  PageOptions &
  ExtraOptions &
  FormatOptions & {
    readonly to?: PlaceName;
    readonly top?: number;
    readonly layers?: true;
    readonly promotes?: number;
    readonly mode?: Mode;
    readonly all?: true;
    readonly save?: string;
  };

/** A call that was understood: model open, prompt and target encodable. */
type Ask = {
  readonly model: Model;
  readonly load: number;
  readonly prompt: Prompt;
  readonly explained: Omit<ExplainOptions, "why">;
  readonly options: AttributeOptions;
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

const checkOptions = (options: AttributeOptions): E.Either<readonly Fault[], void> => {
  const unheard = unheardOptions(options);
  const idle =
    formatOf(options) !== "text" && options.all
      ? [usage("--all", "the report for people", `--${options.json ? "" : "format "}${formatOf(options)}`, ALL_THERE)]
      : [];
  const faults = [...unheard, ...contradictions(options), ...idle, ...extraFaults(options)];
  return faults.length > 0 ? E.left(faults) : E.right(undefined);
};

const askOf = (
  model: Model,
  load: number,
  prompt: Prompt,
  options: AttributeOptions,
): E.Either<readonly Fault[], Ask> => {
  const { to, layers, mode, promotes } = options;
  return pipe(
    rankedMethodOf(options, model),
    E.bindTo("method"),
    E.chainFirst(() => encodePrompt(model, prompt, questionOf(options))),
    E.chain(({ method: { level, rule } }) =>
      explainOptions(
        model,
        {
          ...questionOf(options),
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
    E.map((explained) => ({ model, load, prompt, explained, options })),
  );
};

type Found = Explained & { readonly extras: Extras };

const explainedOn = ({ model, load, prompt, explained, options }: Ask): Faulty<Found> =>
  pipe(
    attended(options, (a) => {
      const asked = { ...explained, ...runOptions(a) };
      return pipe(
        explainChosen(model, a.open.backend, prompt, asked),
        TE.bindTo("own"),
        TE.bind("extras", ({ own: { attribution, level } }) =>
          options.report === undefined
            ? TE.right<readonly Fault[], Extras>({})
            : extrasFor(model, a.open.backend, { prompt, result: attribution }, { ...asked, seed: level }, options),
        ),
        TE.map(({ own, extras }): Found => ({ ...own, extras })),
      );
    }),
    TE.map(({ attribution: { times, ...rest }, ...found }) => ({
      ...found,
      attribution: { ...rest, times: { load, ...times } },
    })),
  );

const printed = (attribution: Attribution, options: AttributeOptions): string =>
  shownAs(options, {
    json: () => toJson(attribution),
    records: () => attributionRecords(attribution),
    text: () =>
      report(attribution, {
        ink: stdoutInk(),
        columns: columnsOf(process.stdout),
        all: options.all === true,
        own: options.target === undefined,
      }).join("\n"),
  });

/**
 * What is asked of the prompt, as it is kept in a file: all but where the model is and what runs it.
 * Nor --chat: the prompt in the file is the one that the template made.
 */
const callOf = (options: AttributeOptions): Readonly<Record<string, unknown>> =>
  Object.fromEntries(asked.map((name) => [name, options[name]]));

const asked = [
  ...(["seed", "from", "neurons", "rule", "temperature", "special"] as const),
  ...(["foil", "to", "layers", "promotes", "mode", "model", "families"] as const),
];

/** With hashes of weights and graph, and the call: what makes a result one that can be made again. */
const withOrigin = (model: Model, { prompt, explained, options }: Ask, { attribution, level, chosen }: Explained) =>
  pipe(
    weightsHash(model),
    TE.bindTo("weights"),
    TE.bind("graph", () => TE.fromEither(explanationGraph(model, { ...explained, seed: level.seed }))),
    TE.map(
      ({ weights, graph: { graph } }): Attribution => ({
        ...attribution,
        hashes: { weights, graph: graphHash(graph) },
        // Chosen once: made again, a result has the same parts.
        call: { ...callOf(options), ...splitsOf(prompt), ...(chosen === undefined ? {} : { neurons: chosen }) },
      }),
    ),
  );

/** The attribution of a call and what its page has beside it; `kept` adds what a file has of its origin. Faults: as attribute(). */
export const attributed = (options: AttributeOptions, kept: boolean): Faulty<Pick<Found, "attribution" | "extras">> =>
  pipe(
    readPrompt(options),
    TE.chain((prompt) =>
      withModel(options, (model, load) =>
        pipe(
          promptTo(model, prompt, options),
          TE.chainEitherK((text) => askOf(model, load, text, options)),
          TE.bindTo("ask"),
          TE.bind("found", ({ ask }) => explainedOn(ask)),
          TE.chain(({ ask, found }) =>
            pipe(
              kept ? withOrigin(model, ask, found) : TE.right(found.attribution),
              TE.map((attribution) => ({ attribution, extras: found.extras })),
            ),
          ),
        ),
      ),
    ),
  );

const optional = (place: string | undefined, use: (place: string) => Faulty<void>): Faulty<void> =>
  place === undefined ? TE.right(undefined) : use(place);

/**
 * `words`: the options of the call but for the prompt and where the result goes, as they were given. Faults: those of the call, of the checkpoint,
 * of the backend and of the files to write; stdout gets whole results only.
 */
export const attribute = (options: AttributeOptions, words: readonly string[]): Faulty<void> =>
  pipe(
    TE.fromEither(checkOptions(options)),
    TE.chain(() => optional(options.save, checkPlace)),
    TE.chain(() => checkPage(options)),
    TE.chain(() => attributed(options, options.save !== undefined)),
    TE.chainFirst(({ attribution }) => {
      print(printed(attribution, options));
      return optional(options.save, (path) => save(path, attribution));
    }),
    TE.chain(({ attribution, extras }) =>
      writePage(options, attribution, {
        ...extras,
        ...commandOf("attribute", words, attribution.prompt, options),
      }),
    ),
  );
