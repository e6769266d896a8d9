// One pass backwards for a prompt: what is asked, answered from the logits, and the scores of everything at once.
import {
  type Backend,
  type Expr,
  type Faulty,
  type Graph,
  i32,
  type Rule,
  type RunOptions,
  type Seed,
  type Tensors,
  tensor,
} from "@depass/graph";
import { type Encoding, type Model, site } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type AllScores, adjointGraph, scoresIn } from "./adjoint.ts";
import { since } from "./clock.ts";
import { about } from "./explainer.ts";
import { answerOutputs } from "./explanation.ts";
import { lazy } from "./lazy.ts";
import { type Level, partsIn } from "./level.ts";
import { type Answer, answered, knownDirection, type Question, relativeGap } from "./question.ts";
import { type PlaceName, readingOf } from "./reading.ts";
import type { Attribution, Times } from "./result.ts";
import { sumOf } from "./sum.ts";

export type CallOptions = RunOptions & Question & { readonly rule: Rule; readonly why: string };

export type Call = {
  readonly model: Model;
  readonly backend: Backend;
  readonly options: CallOptions;
  readonly encoding: Encoding;
  /** Those of a seed of one's own. */
  readonly inputs?: Tensors;
};

export const inputsOf = ({ encoding: { ids }, inputs }: Call): Tensors => ({
  ...inputs,
  tokens: i32([ids.length], ids),
  position: i32([1], [ids.length - 1]),
});

/** What every result says of the call and its answer. */
export const described = ({ model, backend, options, encoding }: Call, { target, foils, explained }: Answer) => ({
  ...about(model, backend, options.why),
  rule: options.rule.name,
  prompt: encoding.text,
  tokens: encoding.tokens,
  position: encoding.ids.length - 1,
  target,
  ...(foils.length === 0 ? {} : { foils }),
  ...(options.direction === undefined ? {} : { direction: true as const }),
  explained,
});

/** Prepares a graph, runs it once, and gives its memory back; `use` also gets the seconds of both. */
export const runOnce = <A>(
  { backend, model, options, encoding }: Call,
  graph: Graph,
  inputs: Tensors,
  use: (outputs: Tensors, times: Times) => Faulty<A>,
): Faulty<A> => {
  const elapsed = since();
  return pipe(
    backend.prepare(graph, model.weights, { ...options, sizes: { T: encoding.ids.length } }),
    TE.chain((runner) => async () => {
      const prepare = elapsed();
      const task = pipe(
        runner.run(inputs, options),
        TE.chain((outputs) => use(outputs, { prepare, run: elapsed() - prepare })),
      );
      const result = await task();
      runner.dispose();
      return result;
    }),
  );
};

export type Backward = {
  readonly answer: Answer;
  readonly scores: AllScores;
  readonly times: Times;
  /** What was read, if it was named. */
  readonly to?: string;
};

/** Which passes: by one rule, from what is read, to the sites at which parts begin: constants behind these count. */
export type Passes = {
  readonly rule: Rule;
  readonly begun: readonly string[];
  readonly to?: PlaceName | undefined;
  /** A seed of one's own whose parts are scored, too. */
  readonly own?: Seed | undefined;
};

/** Passes backwards for any prompts: the graphs are made once. Faults: a rule that is not linear, and those of target and backend. */
export const backwardPasses = (
  { architecture }: Model,
  { rule, begun, to, own: seed }: Passes,
): ((call: Call) => Faulty<Backward>) => {
  const reading = readingOf(architecture, to ?? site.residFinal);
  const graph = lazy(() => adjointGraph(architecture, rule, begun, reading, seed));
  // A forward pass as far as an answer needs it.
  const first = lazy(() =>
    pipe(
      reading,
      E.chain(({ kind, normed }) => E.map((own: Expr) => answerOutputs(architecture, { kind, own }))(normed)),
    ),
  );
  const answer = ({ model, options }: Call, outputs: Tensors) =>
    pipe(
      TE.fromEither(reading),
      TE.bindTo("read"),
      TE.bind("answer", ({ read }) => answered(model, options, outputs, read)),
    );
  // What is asked must be known before the pass: where no target is named, a forward pass tells the likeliest.
  const directionFirst = (call: Call): Faulty<Float64Array> =>
    knownDirection(call.model, call.options) ??
    pipe(
      TE.fromEither(first()),
      TE.chain((own) => runOnce(call, own, inputsOf(call), (outputs) => answer(call, outputs))),
      TE.map((found) => found.answer.direction),
    );
  return (call) =>
    pipe(
      directionFirst(call),
      TE.bindTo("direction"),
      TE.bind("graph", () => TE.fromEither(graph())),
      TE.chain(({ direction, graph: own }) =>
        runOnce(
          call,
          own,
          { ...inputsOf(call), direction: tensor("f64", [direction.length], direction) },
          (outputs, times) =>
            pipe(
              answer(call, outputs),
              TE.map(
                ({ answer: found, read: { name } }): Backward => ({
                  ...{ answer: found, scores: scoresIn(architecture, outputs), times },
                  ...(to === undefined ? {} : { to: name }),
                }),
              ),
            ),
        ),
      ),
    );
};

/**
 * An attribution by the adjoint mode; `pass` is the one backwards from the level's places. The model's biases are told by their
 * own derivative. Faults: those of the level and of the pass.
 */
export const attributedBackward = (call: Call, level: Level, pass: Faulty<Backward>): Faulty<Attribution> => {
  const { scoresFrom, seed } = level;
  return pipe(
    TE.fromEither(partsIn(level, call.encoding)),
    TE.bindTo("parts"),
    TE.bind("found", () => pass),
    TE.map(({ parts: { parts }, found: { answer, scores, times, to } }): Attribution => {
      const { bias = 0, own: { parts: ownParts, whole } = { parts: [], whole: 0 } } = scores;
      const own = scoresFrom === undefined ? ownParts : scoresFrom(scores, parts);
      const remainder = scoresFrom === undefined ? whole - sumOf(own) : 0;
      const total = sumOf([...own, bias, remainder]);
      return {
        ...described(call, answer),
        seed: seed.name,
        mode: "adjoint",
        ...(to === undefined ? {} : { to }),
        parts: [
          ...parts.map(({ name, tokens = [] }, m) => ({
            name,
            score: own[m] as number,
            ...(tokens.length === 1 && { token: tokens[0] as number }),
            ...(tokens.length > 1 && { tokens }),
          })),
          { name: "bias", score: bias },
          { name: "remainder", score: remainder },
        ],
        total,
        gap: relativeGap(total, answer),
        times,
      };
    }),
  );
};
