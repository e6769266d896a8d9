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
import { report as page } from "../page/report.ts";
import { checkWritable, writeWhole } from "../place.ts";
import type { PlaceName } from "../reading.ts";
import { report } from "../report/attribution.ts";
import { attributionRecords } from "../report/records.ts";
import { type Attribution, toJson } from "../result.ts";
import { checkPlace, save } from "../save.ts";
import { attended, runOptions } from "./attended.ts";
import { type BackendOptions, unheardOptions } from "./backend.ts";
import { shellWord } from "./call-line.ts";
import { type ModelOptions, withModel } from "./checkpoint.ts";
import { contradictions, type FormatOptions, formatOf, shownAs } from "./format.ts";
import { type MethodOptions, rankedMethodOf } from "./method.ts";
import { usage } from "./outcome.ts";
import { type PromptOptions, promptTo, readPrompt } from "./prompt.ts";
import { type QuestionOptions, questionOf } from "./question.ts";
import { columnsOf, print, stdoutInk } from "./terminal.ts";

export type AttributeOptions = ModelOptions &
  MethodOptions &
  PromptOptions &
  QuestionOptions &
  BackendOptions &
  FormatOptions & {
    readonly to?: PlaceName;
    readonly top?: number;
    readonly layers?: true;
    readonly promotes?: number;
    readonly mode?: Mode;
    readonly all?: true;
    readonly save?: string;
    readonly report?: string;
  };

/** A call that was understood: model open, prompt and target encodable. */
type Ask = {
  readonly model: Model;
  readonly load: number;
  readonly prompt: string;
  readonly explained: Omit<ExplainOptions, "why">;
  readonly options: AttributeOptions;
};

const ALL_THERE = "the JSON always has all parts, and so have tables";

const checkOptions = (options: AttributeOptions): E.Either<readonly Fault[], void> => {
  const unheard = unheardOptions(options);
  const idle =
    formatOf(options) !== "text" && options.all
      ? [usage("--all", "the report for people", `--${options.json ? "" : "format "}${formatOf(options)}`, ALL_THERE)]
      : [];
  const faults = [...unheard, ...contradictions(options), ...idle];
  return faults.length > 0 ? E.left(faults) : E.right(undefined);
};

const askOf = (
  model: Model,
  load: number,
  prompt: string,
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

const explainedOn = ({ model, load, prompt, explained, options }: Ask): Faulty<Explained> =>
  pipe(
    attended(options, (a) => explainChosen(model, a.open.backend, prompt, { ...explained, ...runOptions(a) })),
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
const withOrigin = (model: Model, { explained, options }: Ask, { attribution, level, chosen }: Explained) =>
  pipe(
    weightsHash(model),
    TE.bindTo("weights"),
    TE.bind("graph", () => TE.fromEither(explanationGraph(model, { ...explained, seed: level.seed }))),
    TE.map(
      ({ weights, graph: { graph } }): Attribution => ({
        ...attribution,
        hashes: { weights, graph: graphHash(graph) },
        // Chosen once: made again, a result has the same parts.
        call: { ...callOf(options), ...(chosen === undefined ? {} : { neurons: chosen }) },
      }),
    ),
  );

/** The attribution of a call; `kept` adds what a file has of its origin. Faults: as attribute(). */
export const attributed = (options: AttributeOptions, kept: boolean): Faulty<Attribution> =>
  pipe(
    readPrompt(options),
    TE.chain((prompt) =>
      withModel(options, (model, load) =>
        pipe(
          promptTo(model, prompt, options),
          TE.chainEitherK((text) => askOf(model, load, text, options)),
          TE.bindTo("ask"),
          TE.bind("found", ({ ask }) => explainedOn(ask)),
          TE.chain(({ ask, found }) => (kept ? withOrigin(model, ask, found) : TE.right(found.attribution))),
        ),
      ),
    ),
  );

/** The call as somebody may repeat it; a prompt that was piped in is spelled out. */
const commandOf = ({ prompt }: Attribution, { promptFile }: AttributeOptions, words: readonly string[]): string => {
  const text = promptFile !== undefined ? [] : prompt.startsWith("-") ? [`--prompt=${prompt}`] : ["--prompt", prompt];
  return ["depass", "attribute", ...words, ...text].map(shellWord).join(" ");
};

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
    TE.chain(() => optional(options.report, checkWritable)),
    TE.chain(() => attributed(options, options.save !== undefined)),
    TE.chainFirst((attribution) => {
      print(printed(attribution, options));
      return optional(options.save, (path) => save(path, attribution));
    }),
    TE.chain((attribution) =>
      optional(options.report, (path) =>
        writeWhole(path, page(attribution, { command: commandOf(attribution, options, words) })),
      ),
    ),
  );
