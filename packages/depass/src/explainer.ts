// A model, a level and a rule made ready on a backend once; then any prompt is explained without further set-up.
import {
  type Backend,
  type Fault,
  type Faulty,
  fault,
  i32,
  type PrepareOptions,
  partNames,
  partsName,
  type Rule,
  type Runner,
  type RunOptions,
  type Seed,
  type Tensor,
  type Tensors,
  toF64,
} from "@depass/graph";
import type { Encoding, Model } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { since } from "./clock.ts";
import { type Explanation, explanationGraph, lensName } from "./explanation.ts";
import { type Level, levelOf, type Part, type PromptParts, partsIn } from "./level.ts";
import { type EncodedPrompt, type Prompt, promptParts } from "./prompt.ts";
import { type Answer, along, answered, checkQuestion, type Question, relativeGap } from "./question.ts";
import type { PlaceName } from "./reading.ts";
import type { Attribution, LayerScores, PartScore } from "./result.ts";
import { sumOf } from "./sum.ts";

export type Ask = RunOptions & Question;

export type Explainer = {
  readonly explain: (prompt: Prompt, ask?: Ask) => Faulty<Attribution>;
  /** Gives the device memory back. */
  readonly dispose: () => void;
};

export type ExplainerOptions = PrepareOptions & {
  /** What the parts are. */
  readonly seed: Seed | Level;
  readonly rule: Rule;
  /** What is read (reading.ts); default: the state that the last norm reads. */
  readonly to?: PlaceName;
  /** Scores at each of these sites of the stream, too, through the last norm. */
  readonly lenses?: readonly string[];
  /** Why this backend and not a better one, for the result. */
  readonly why: string;
};

/** Compiles and uploads; the first prompt and all later ones then only run. */
export const explainer = (model: Model, backend: Backend, options: ExplainerOptions): Faulty<Explainer> =>
  explainerOn(model, backend, options, () => explanationGraph(model, { ...options, seed: levelOf(options.seed).seed }));

/** The same with a graph that may have been made before. */
export const explainerOn = (
  model: Model,
  backend: Backend,
  options: ExplainerOptions,
  compiled: () => E.Either<readonly Fault[], Explanation>,
): Faulty<Explainer> => {
  const elapsed = since();
  const level = levelOf(options.seed);
  return pipe(
    TE.fromEither(compiled()),
    TE.chain((explanation) =>
      pipe(
        backend.prepare(explanation.graph, model.weights, options),
        TE.map((runner): Explainer => {
          let prepare = elapsed();
          return {
            explain: (prompt, ask = {}) =>
              pipe(
                TE.fromEither(encodePrompt(model, prompt, ask)),
                TE.bindTo("encoding"),
                TE.bind("parts", ({ encoding }) => TE.fromEither(partsIn(level, encoding))),
                TE.chain(({ encoding, parts }) =>
                  explained({ model, backend, options, level, explanation, runner, encoding, parts, ask, prepare }),
                ),
                TE.chainFirstIOK(() => () => {
                  prepare = 0;
                }),
              ),
            dispose: runner.dispose,
          };
        }),
      ),
    ),
  );
};

/**
 * A prompt's tokens. Everything about a prompt and a target that can be wrong is found here, before anything runs: an empty
 * or too long prompt, a target that is not one token.
 */
export const encodePrompt = (
  model: Model,
  prompt: Prompt,
  question: Question = {},
): E.Either<readonly Fault[], EncodedPrompt> => {
  const { text, splitSpecialTokens = false, turns } = promptParts(prompt);
  return pipe(
    model.tokenizer.encode(text, { special: "once", splitSpecialTokens }),
    E.chain((encoding) => {
      const { length } = encoding.ids;
      const { context } = model.architecture;
      if (text === "" || length === 0) return E.left([fault("prompt", "prompt", "some text", "none")]);
      const most = `at most ${context} tokens (the model's context)`;
      return length <= context
        ? E.right(turns === undefined ? encoding : { ...encoding, turns })
        : E.left([fault("prompt", "prompt", most, `${length}`, "shorten it")]);
    }),
    E.chainFirst(() => checkQuestion(model, question)),
  );
};

type Run = {
  readonly model: Model;
  readonly backend: Backend;
  readonly options: ExplainerOptions;
  readonly level: Level;
  readonly explanation: Explanation;
  readonly runner: Runner;
  readonly encoding: Encoding;
  readonly parts: PromptParts;
  readonly ask: Ask;
  readonly prepare: number;
};

const explained = (r: Run): Faulty<Attribution> => {
  const elapsed = since();
  const { ids } = r.encoding;
  const inputs = { tokens: i32([ids.length], ids), position: i32([1], [ids.length - 1]), ...r.parts.inputs };
  return pipe(
    r.runner.run(inputs, r.ask),
    TE.bindTo("outputs"),
    TE.bind("answer", ({ outputs }) => answered(r.model, r.ask, outputs, r.explanation.reading)),
    TE.map(({ outputs, answer }) => attribution(r, outputs, answer, elapsed())),
    TE.filterOrElse(isSound, notFinite),
  );
};

const isSound = ({ target, total }: Attribution): boolean => Number.isFinite(target.logit) && Number.isFinite(total);

const notFinite = ({ target, total }: Attribution): readonly Fault[] => [
  fault(
    "not-finite",
    "scores",
    "finite numbers",
    `a logit of ${target.logit} and parts that sum to ${total}`,
    "weights may be damaged, or the rule's temperature too small",
  ),
];

/** What every result says of where it comes from. */
export const about = (
  { source, architecture: { family, layers } }: Model,
  { name, device }: Backend,
  why: string,
): Pick<Attribution, "model" | "backend"> => ({
  model: { path: source, family, layers },
  backend: { name, device, why },
});

const attribution = (r: Run, outputs: Tensors, answer: Answer, run: number): Attribution => {
  const { model, backend, options, level, explanation, encoding, parts, prepare } = r;
  const { direction, target, foils, explained: goal } = answer;
  const named = parts.parts.map(({ name }) => name);
  const names = partNames(explanation.decomposed.layout, named);
  const states = toF64(outputs[partsName("normed")] as Tensor);
  const scores = along(states, direction);
  const total = sumOf(scores);
  const norms = normsOf(states, direction.length);
  const lenses = options.lenses ?? [];
  return {
    ...about(model, backend, options.why),
    rule: options.rule.name,
    seed: level.seed.name,
    mode: "forward",
    prompt: encoding.text,
    tokens: encoding.tokens,
    position: encoding.ids.length - 1,
    ...(options.to === undefined ? {} : { to: explanation.reading.name }),
    target,
    ...(foils.length === 0 ? {} : { foils }),
    ...(r.ask.direction === undefined ? {} : { direction: true as const }),
    explained: goal,
    parts: withExtras(parts.parts, names, scores, norms),
    total,
    gap: relativeGap(total, answer),
    ...(lenses.length === 0 ? {} : { layers: lenses.map((place) => lensScores(place, outputs, names, named, answer)) }),
    times: { prepare, run },
    states: { names, shape: [names.length, direction.length], data: states },
  };
};

const normsOf = (states: Float64Array, width: number): readonly number[] =>
  Array.from({ length: states.length / width }, (_, m) => Math.hypot(...states.subarray(m * width, (m + 1) * width)));

/** The parts' scores at an earlier state, in the order of the result's parts. */
const lensScores = (
  place: string,
  outputs: Tensors,
  names: readonly string[],
  named: readonly string[],
  { direction }: Answer,
): LayerScores => {
  const scores = along(toF64(outputs[partsName(lensName(place))] as Tensor), direction);
  const [explained = 0] = along(toF64(outputs[lensName(place)] as Tensor), direction);
  const extra = (name: string): number => scores[names.indexOf(name, named.length)] ?? 0;
  return { site: place, scores: [...scores.slice(0, named.length), extra("bias"), extra("remainder")], explained };
};

/** Bias and remainder always have their line, so that a reader never wonders where they went. */
const withExtras = (
  parts: readonly Part[],
  names: readonly string[],
  scores: readonly number[],
  norms: readonly number[],
): readonly PartScore[] => {
  const scored = ({ name, tokens }: Part, m: number): PartScore => {
    const [token, ...more] = tokens ?? [];
    const score = { name, score: scores[m] ?? 0, norm: norms[m] ?? 0 };
    if (tokens === undefined || token === undefined) return score;
    return more.length === 0 ? { ...score, token } : { ...score, tokens };
  };
  const extra = (name: string): PartScore => scored({ name }, names.indexOf(name, parts.length));
  return [...parts.map(scored), extra("bias"), extra("remainder")];
};
