// One prompt explained, in the mode that suits: parts carried forward by any rule, or scored backwards by a linear one.
import {
  type Backend,
  type Fault,
  type Faulty,
  fault,
  type Rule,
  type Seed,
  softmaxRule,
  taylorRule,
} from "@depass/graph";
import type { Architecture, Model } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { beginnings } from "./adjoint.ts";
import { attributedBackward, type Backward, backward, type Call, type CallOptions } from "./backward.ts";
import { type Ask, type ExplainerOptions, encodePrompt, explainer } from "./explainer.ts";
import { isRanked, type Level, levelOf, type RankedLevel } from "./level.ts";
import { tokenLevel } from "./levels.ts";
import { checkPromotes, withPromoted } from "./promoted.ts";
import type { Prompt } from "./prompt.ts";
import { type Reading, readingOf, streamFrom } from "./reading.ts";
import type { Attribution } from "./result.ts";

export type { CallOptions } from "./backward.ts";

/** `auto`: backwards where that gives the same and nothing more is asked for, else forward. */
export const modes = ["auto", "forward", "adjoint"] as const;
export type Mode = (typeof modes)[number];

export type ExplainOptions = Omit<ExplainerOptions, "seed"> &
  CallOptions & {
    /** What the parts are, or how a pass backwards chooses them. */
    readonly seed: Seed | Level | RankedLevel;
    readonly mode?: Mode;
    /** How many tokens that each part promotes and suppresses most are told (promoted.ts); default none. */
    readonly promotes?: number;
  };

const whyNotAdjoint = (rule: Rule, level: Level, { to, lenses = [], promotes }: ExplainOptions): Fault | undefined => {
  const mode = (expected: string, got: string): Fault => fault("mode", "adjoint mode", expected, got);
  if (rule.linear !== true) return mode("a linear rule, such as taylor", `rule ${rule.name}`);
  if (level.scoresFrom === undefined) return mode("a level of the model", `seed ${level.seed.name}`);
  if (promotes !== undefined) return mode("scores alone", "what each part promotes, which is told by its state");
  return to !== undefined || lenses.length > 0 ? mode("scores at the last state", "an earlier state") : undefined;
};

/** Which mode `auto` stands for. Faults: an adjoint that there is not. */
const modeOf = (level: Level, options: ExplainOptions): E.Either<readonly Fault[], "forward" | "adjoint"> => {
  const { mode = "auto", rule } = options;
  const reason = whyNotAdjoint(rule, level, options);
  if (mode === "adjoint") return reason === undefined ? E.right("adjoint") : E.left([reason]);
  return E.right(mode === "auto" && reason === undefined ? "adjoint" : "forward");
};

/** An attribution with the level that it is of, and the numbers that the level was chosen by, if it was. */
export type Explained = {
  readonly attribution: Attribution;
  readonly level: Level;
  readonly chosen?: readonly number[];
};

type Chosen = Omit<Explained, "attribution"> & { readonly done?: Backward };

/** The level itself, or the one that a pass backwards chooses: that pass then serves the adjoint mode as well. */
const chosenBy = (call: Call, seed: Seed | Level | RankedLevel): Faulty<Chosen> => {
  if (!isRanked(seed)) return TE.right({ level: levelOf(seed) });
  const { rule } = call.options;
  return pipe(
    backward(
      { ...call, options: { ...call.options, rule: rule.linear === true ? rule : taylorRule() } },
      beginnings(seed.like),
    ),
    TE.chainEitherK((done) => {
      const chosen = seed.rank(done.scores);
      return pipe(
        seed.level(chosen),
        E.map((level) => ({ level: levelOf(level), chosen, done })),
      );
    }),
  );
};

const forward = (
  model: Model,
  backend: Backend,
  prompt: Prompt,
  options: ExplainerOptions & Ask,
  promotes: number | undefined,
): Faulty<Attribution> =>
  pipe(
    explainer(model, backend, options),
    TE.chain((ready) => async () => {
      const result = await ready.explain(prompt, options)();
      ready.dispose();
      return result;
    }),
    TE.chain((found) =>
      promotes === undefined ? TE.right(found) : withPromoted(model, backend, found, promotes, options),
    ),
  );

/** What a pass that chose the parts took counts, too. */
const withTimes = (attribution: Attribution, done: Backward | undefined): Attribution =>
  done === undefined || attribution.mode === "adjoint"
    ? attribution
    : {
        ...attribution,
        times: {
          prepare: done.times.prepare + attribution.times.prepare,
          run: done.times.run + attribution.times.run,
        },
      };

/** explain(), with the level that a ranked one became. */
export const explainChosen = (
  model: Model,
  backend: Backend,
  prompt: Prompt,
  options: ExplainOptions,
): Faulty<Explained> => {
  const { seed } = options;
  return pipe(
    TE.fromEither(modeOf(levelOf(isRanked(seed) ? seed.like : seed), options)),
    TE.bindTo("mode"),
    TE.bind("encoding", () => TE.fromEither(encodePrompt(model, prompt, options))),
    TE.chainFirstEitherK(() => checkPromotes(options.promotes ?? 1, model.architecture.vocabulary)),
    TE.bind("call", ({ encoding }) => TE.right({ model, backend, options, encoding })),
    TE.bind("chosen", ({ call }) => chosenBy(call, seed)),
    TE.chain(({ mode, call, chosen: { done, ...found } }) =>
      pipe(
        mode === "adjoint"
          ? attributedBackward(call, found.level, done)
          : forward(
              model,
              backend,
              prompt,
              { ...options, seed: found.level, sizes: { T: call.encoding.ids.length } },
              options.promotes,
            ),
        TE.map((attribution): Explained => ({ ...found, attribution: withTimes(attribution, done) })),
      ),
    ),
  );
};

/** Faults: those of the prompt and the question, of the level and the mode, and of the backend. */
export const explain = (model: Model, backend: Backend, prompt: Prompt, options: ExplainOptions): Faulty<Attribution> =>
  pipe(
    explainChosen(model, backend, prompt, options),
    TE.map(({ attribution }) => attribution),
  );

/** What scripts and the command line ask for. */
export type LayerOptions = Partial<Omit<ExplainOptions, "lenses" | "why">> & {
  readonly layers?: boolean;
};

/** Defaults filled in, places by their names. Faults: a layer, state or component that the model does not have. */
export const explainOptions = (
  { architecture }: Model,
  { to, layers = false, seed, rule = softmaxRule(), ...rest }: LayerOptions,
  why: string,
): E.Either<readonly Fault[], ExplainOptions> => {
  return pipe(
    seed === undefined ? tokenLevel(architecture) : E.right(seed),
    E.bindTo("level"),
    E.bind("reading", () => (to === undefined ? E.right(undefined) : readingOf(architecture, to))),
    E.map(({ level, reading }) => ({
      ...rest,
      seed: level,
      rule,
      why,
      ...(reading === undefined ? {} : { to: reading.name }),
      ...(layers
        ? { lenses: statesBetween(architecture, levelOf(isRanked(level) ? level.like : level).seed, reading) }
        : {}),
    })),
  );
};

/** The stream from where a seed begins to what is read. */
const statesBetween = (architecture: Architecture, { site: begin }: Seed, reading: Reading | undefined) => {
  const stream = streamFrom(architecture, 0);
  const inLayer = /^layers\.(\d+)\./.exec(begin)?.[1];
  const behind = inLayer === undefined ? 0 : Number(inLayer) + 1;
  return stream.slice(stream.includes(begin) ? stream.indexOf(begin) : behind, reading?.states);
};
