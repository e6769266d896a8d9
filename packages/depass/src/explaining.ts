// How are prompts explained? In the mode that suits: parts carried forward by any rule, or scored backwards by a linear one. What
// follows from the model and the options alone is made once, whatever prompts come: their graphs, and on a backend that keeps
// what it prepared (keeping.ts) their sessions, plans and weights.
import { type Backend, type Fault, type Faulty, fault, type Seed, taylorRule } from "@depass/graph";
import type { Encoding, Model } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { beginnings, isTold, isToldByItself } from "./adjoint.ts";
import { attributedBackward, type Backward, backwardPasses, type Call, type CallOptions } from "./backward.ts";
import { type Ask, type ExplainerOptions, encodePrompt, explainerOn } from "./explainer.ts";
import { explanationGraph } from "./explanation.ts";
import { lazy } from "./lazy.ts";
import { isRanked, type Level, levelOf, partsIn, type RankedLevel } from "./level.ts";
import { checkPromotes, promoting } from "./promoted.ts";
import type { Prompt } from "./prompt.ts";
import type { Question } from "./question.ts";
import { isMadeOf, readingOf } from "./reading.ts";
import type { Attribution } from "./result.ts";

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

/** Why one pass backwards does not give what is asked for; undefined where it does. */
const whyNotAdjoint = (
  { architecture }: Model,
  level: Level,
  { rule, to, lenses = [], promotes }: ExplainOptions,
): Fault | undefined => {
  const mode = (expected: string, got: string): Fault => fault("mode", "adjoint mode", expected, got);
  const { scoresFrom, seed } = level;
  if (rule.linear !== true) return mode("a linear rule, such as taylor", `rule ${rule.name}`);
  if (scoresFrom === undefined && !isToldByItself(architecture, seed))
    return mode("a level of the model, or parts of one state", `seed ${seed.name}`);
  if (scoresFrom !== undefined && !isTold(architecture, scoresFrom))
    return mode("a level that this model has by itself", `seed ${seed.name}`);
  if (promotes !== undefined) return mode("scores alone", "what each part promotes, which is told by its state");
  if (lenses.length > 0) return mode("scores at one place", "those at every layer, each of which is a pass of its own");
  const reading = to === undefined ? undefined : readingOf(architecture, to);
  return reading === undefined || E.isLeft(reading) || isMadeOf(architecture, reading.right, beginnings(seed))
    ? undefined
    : mode("what is read behind all places at which the parts begin", `${seed.name}, read at ${reading.right.name}`);
};

/** Which mode `auto` stands for. Faults: an adjoint that there is not. */
const modeOf = (
  model: Model,
  level: Level,
  options: ExplainOptions,
): E.Either<readonly Fault[], "forward" | "adjoint"> => {
  const { mode = "auto" } = options;
  const reason = whyNotAdjoint(model, level, options);
  if (mode === "adjoint") return reason === undefined ? E.right("adjoint") : E.left([reason]);
  return E.right(mode === "auto" && reason === undefined ? "adjoint" : "forward");
};

/** An attribution with the level that it is of, and the numbers that the level was chosen by, if it was. */
export type Explained = {
  readonly attribution: Attribution;
  readonly level: Level;
  readonly chosen?: readonly number[];
};

/** What a prompt is asked beside what all are, or in its place. */
export type PromptAsk = Ask & { readonly why?: string };

export type Explaining = {
  /** Everything about a prompt and its question that can be wrong before anything runs. */
  readonly check: (prompt: Prompt, question?: Question) => E.Either<readonly Fault[], Encoding>;
  /**
   * `kept`: the same backend, where it keeps what every prompt asks for; what one alone asks for is prepared on the other.
   * Faults: those of check(), and of the backend.
   */
  readonly on: (backend: Backend, kept?: Backend) => (prompt: Prompt, ask?: PromptAsk) => Faulty<Explained>;
};

type Chosen = Omit<Explained, "attribution"> & { readonly done?: Backward };

/** The level itself, or the one that a pass backwards chooses: that pass then serves the adjoint mode as well. */
const choosing = (model: Model, { seed, rule, to }: ExplainOptions): ((call: Call) => Faulty<Chosen>) => {
  if (!isRanked(seed)) return () => TE.right({ level: levelOf(seed) });
  const linear = rule.linear === true ? rule : taylorRule();
  const pass = backwardPasses(model, { rule: linear, begun: beginnings(seed.like), to });
  return (call) =>
    pipe(
      pass({ ...call, options: { ...call.options, rule: linear } }),
      TE.chainEitherK((done) => {
        const chosen = seed.rank(done.scores);
        return pipe(
          seed.level(chosen),
          E.map((level) => ({ level: levelOf(level), chosen, done })),
        );
      }),
    );
};

type Carrying = (backend: Backend, level: Level, prompt: Prompt, options: ExplainOptions) => Faulty<Attribution>;

/** Parts carried forward; one graph for all prompts, unless each chooses its level. */
const carrying = (model: Model, options: ExplainOptions): Carrying => {
  const graphOf = ({ seed }: Level) => explanationGraph(model, { ...options, seed });
  const own = isRanked(options.seed) ? undefined : levelOf(options.seed);
  const shared = own && lazy(() => graphOf(own));
  return (backend, level, prompt, asked) =>
    pipe(
      explainerOn(model, backend, { ...asked, seed: level }, shared ?? (() => graphOf(level))),
      TE.chain((ready) => async () => {
        const result = await ready.explain(prompt, asked)();
        ready.dispose();
        return result;
      }),
    );
};

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

/** One prompt with its question among all that is asked of it. */
type Asked = { readonly call: Call; readonly prompt: Prompt; readonly options: ExplainOptions };

/** One pass backwards; a seed of one's own has inputs of its own, too. */
const passesOf = (model: Model, level: Level, { rule, to }: ExplainOptions): ((call: Call) => Faulty<Backward>) => {
  const { seed, scoresFrom } = level;
  const own = scoresFrom === undefined && isToldByItself(model.architecture, seed) ? seed : undefined;
  const pass = backwardPasses(model, { rule, begun: beginnings(seed), to, own });
  return (call) =>
    own === undefined
      ? pass(call)
      : pipe(
          TE.fromEither(partsIn(level, call.encoding)),
          TE.chain(({ inputs = {} }) => pass({ ...call, inputs })),
        );
};

/** What every prompt goes through, on a backend or on the one that keeps. */
const running = (model: Model, options: ExplainOptions, mode: "forward" | "adjoint") => {
  const { seed, promotes } = options;
  const [choose, carry] = [choosing(model, options), carrying(model, options)];
  const pass = isRanked(seed) ? undefined : passesOf(model, levelOf(seed), options);
  const tell = promotes === undefined ? undefined : promoting(model, promotes);
  const scored = ({ call, prompt, options: asked }: Asked, backend: Backend, { level, done }: Chosen) =>
    mode === "adjoint"
      ? attributedBackward(call, level, done === undefined ? (pass as NonNullable<typeof pass>)(call) : TE.right(done))
      : pipe(
          carry(isRanked(seed) ? backend : call.backend, level, prompt, {
            ...asked,
            sizes: { T: call.encoding.ids.length },
          }),
          TE.chain((found) => (tell === undefined ? TE.right(found) : tell(call.backend, found, asked))),
        );
  return (asked: Asked, backend: Backend): Faulty<Explained> =>
    pipe(
      choose(asked.call),
      TE.bindTo("chosen"),
      TE.bind("attribution", ({ chosen }) => scored(asked, backend, chosen)),
      TE.map(({ chosen: { done, ...found }, attribution }) => ({
        ...found,
        attribution: withTimes(attribution, done),
      })),
    );
};

/** Faults: a mode that the rule, the level or the reading does not have, a number of promoted tokens that there is not. */
export const explaining = (model: Model, options: ExplainOptions): E.Either<readonly Fault[], Explaining> => {
  const { seed } = options;
  const level = levelOf(isRanked(seed) ? seed.like : seed);
  const check = (prompt: Prompt, question: Question = {}): E.Either<readonly Fault[], Encoding> =>
    pipe(
      encodePrompt(model, prompt, { ...options, ...question }),
      E.chainFirst((encoding) => (isRanked(seed) ? E.right(undefined) : partsIn(level, encoding))),
    );
  return pipe(
    modeOf(model, level, options),
    E.chainFirst(() => checkPromotes(options.promotes ?? 1, model.architecture.vocabulary)),
    E.map((mode) => {
      const run = running(model, options, mode);
      return {
        check,
        on:
          (backend, kept = backend) =>
          (prompt, ask = {}) => {
            const asked = { ...options, ...ask };
            return pipe(
              TE.fromEither(check(prompt, ask)),
              TE.chain((encoding) =>
                run({ call: { model, backend: kept, options: asked, encoding }, prompt, options: asked }, backend),
              ),
            );
          },
      };
    }),
  );
};
