// A contrast taken apart: what did each part supply to the target's logit, and what to the foils'? The parts' states are the
// same for both, so it takes the product with the target's direction alone, and no further run.
import type { Faulty } from "@depass/graph";
import type { Model } from "@depass/models";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { along, knownDirection } from "./question.ts";
import type { Attribution } from "./result.ts";

export type Apart = {
  /** Scores for the target's logit, in the order of the result's parts. */
  readonly target: readonly number[];
  /** For the mean of the foils' logits. */
  readonly foil: readonly number[];
};

type States = NonNullable<Attribution["states"]>;

/** Scores of all parts from those of the states' rows: an extra without a row has none. */
const ofParts = ({ parts }: Attribution, { names }: States, scores: readonly number[]): readonly number[] => {
  const named = parts.length - 2;
  return parts.map((part, i) => {
    const row = i < named ? i : names.indexOf(part.name, named);
    return row < 0 ? 0 : (scores[row] ?? 0);
  });
};

/**
 * The two sides of a contrast; undefined of a result without foils, of one whose parts have no states (adjoint mode), and of one
 * that was read elsewhere than at the logits. Faults: those of reading the unembedding.
 */
export const apart = (model: Model, result: Attribution): Faulty<Apart | undefined> => {
  const { states, foils, to, target } = result;
  const direction = knownDirection(model, { target: target.id });
  if (states === undefined || foils === undefined || to !== undefined || direction === undefined)
    return TE.right(undefined);
  return pipe(
    direction,
    TE.map((d) => {
      const own = ofParts(result, states, along(states.data, d));
      return { target: own, foil: own.map((score, i) => score - (result.parts[i]?.score ?? 0)) };
    }),
  );
};
