// Why this token and not that? What each token of a generated text is told apart from: a token of one's own, the same for all or
// another at each place, or the one that the model would have said else.
import {
  type Backend,
  type Fault,
  type Faulty,
  fault,
  type Graph,
  gather,
  i32,
  input,
  narrow,
  type RunOptions,
  topK,
} from "@depass/graph";
import type { Architecture, Encoding, Model } from "@depass/models";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type TargetChoice, targetId } from "./target.ts";

/** The likeliest of the other tokens: of a greedy text the second most likely, of a drawn one mostly the likeliest. */
export const runnerUp: unique symbol = Symbol("the likeliest other token");

/** One token, several by their mean, or the runner-up. */
export type FoilChoice = TargetChoice | readonly TargetChoice[] | typeof runnerUp;

/** A token of the text: its place among all tokens, and its id. */
export type Place = { readonly position: number; readonly id: number };

/** The same foil for every token, or one for each: by its place; none where there is none. */
export type Foil = FoilChoice | ((place: Place) => FoilChoice | undefined);

/** A token that another is told apart from. */
export type FoilToken = { readonly id: number; readonly text: string };

/** Foils of each token in order; none of a token that is not told apart. */
export type Foils = readonly (readonly FoilToken[])[];

type Text = { readonly encoding: Encoding; readonly promptTokens: number };

/** The generated tokens. */
export const placesIn = ({ encoding: { ids }, promptTokens }: Text): readonly Place[] =>
  ids.slice(promptTokens).map((id, i) => ({ position: promptTokens + i, id }));

/** `likeliest` `[G, 2]`, i32: the two likeliest tokens behind `positions` `[G]`. A softcap leaves them in their order. */
const likeliestGraph = (architecture: Architecture): E.Either<readonly Fault[], Graph> =>
  narrow({
    likeliest: topK(2)(architecture.explained(gather(-2, input("positions", ["G"], "i32"))(architecture.normed))),
  });

/** The likeliest other token at each place, from one forward pass. */
const runnersUp = (
  model: Model,
  backend: Backend,
  text: Text,
  options: RunOptions,
): Faulty<(place: Place) => number> => {
  const read = text.encoding.ids.slice(0, -1);
  const places = placesIn(text);
  return pipe(
    TE.fromEither(likeliestGraph(model.architecture)),
    TE.chain((graph) => backend.prepare(graph, model.weights, { ...options, sizes: { T: read.length } })),
    TE.chain((runner) => async () => {
      const out = await runner.run(
        {
          tokens: i32([read.length], read),
          positions: i32(
            [places.length],
            places.map(({ position }) => position - 1),
          ),
        },
        options,
      )();
      runner.dispose();
      return out;
    }),
    TE.map(({ likeliest }) => ({ position, id }) => {
      const first = 2 * (position - text.promptTokens);
      const [best, second] = [likeliest?.data[first] as number, likeliest?.data[first + 1] as number];
      return best === id ? second : best;
    }),
  );
};

/** Ids that are no tokens may be likely, too, in a model that was never trained. */
const named = ({ tokenizer }: Model, id: number): FoilToken => ({
  id,
  text: pipe(
    tokenizer.tokenText(id),
    E.getOrElse(() => `#${id}`),
  ),
});

const chosen = (
  { tokenizer, architecture: { vocabulary } }: Model,
  choice: TargetChoice | readonly TargetChoice[],
): E.Either<readonly Fault[], readonly FoilToken[]> =>
  pipe(
    [choice].flat() as readonly TargetChoice[],
    E.traverseArray((one) => targetId(one, tokenizer, vocabulary)),
    E.mapLeft((faults) => faults.map((f) => ({ ...f, where: f.where === "target" ? "foil" : f.where }))),
    E.chain((found) => {
      const twice = found.find(({ id }, i) => found.findIndex((f) => f.id === id) < i);
      return twice === undefined
        ? E.right(found)
        : E.left([fault("target", "foil", "each token once", JSON.stringify(twice.text))]);
    }),
  );

/** What is asked of each token; faults of all that is wrong with it come before anything runs. */
export const foilsAsked = (model: Model, text: Text, foil: Foil) => {
  const choices = placesIn(text).map((place) => (typeof foil === "function" ? foil(place) : foil));
  return E.traverseArray((choice: FoilChoice | undefined): E.Either<readonly Fault[], Asked> => {
    if (choice === undefined) return E.right([]);
    return choice === runnerUp ? E.right(runnerUp) : chosen(model, choice);
  })(choices);
};

type Asked = readonly FoilToken[] | typeof runnerUp;

/** The foils of each token. Faults: what is no token, and those of the backend. */
export const foilsOf = (model: Model, backend: Backend, text: Text, foil: Foil, options: RunOptions): Faulty<Foils> =>
  pipe(
    TE.fromEither(foilsAsked(model, text, foil)),
    TE.chain((asked) => {
      if (!asked.includes(runnerUp)) return TE.right(asked as Foils);
      return pipe(
        runnersUp(model, backend, text, options),
        TE.map((next) =>
          asked.map((one, i) => (one === runnerUp ? [named(model, next(placesIn(text)[i] as Place))] : one)),
        ),
      );
    }),
  );
