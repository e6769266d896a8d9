// From a graph and a checkpoint to a plan, for what runs it and for what only foresees a run: weights laid out anew, ids looked up,
// the vocabulary in pieces.
import type { Arranged, Fault, Graph, Weights } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { type LookedUp, lookedUp } from "../weights/lookup.ts";
import { arrangedFor } from "./arranged.ts";
import { pieced } from "./pieces.ts";
import { type Base, basePlan, type PlanOptions } from "./plan.ts";

export type Planned = {
  /** Reads what a run brings; the plan reads what is looked up as inputs of its own. */
  readonly graph: Graph;
  readonly lookups: LookedUp["lookups"];
  readonly base: Base;
  /** These answer for what the plan reads. */
  readonly weights: Weights;
};

const plannedOf = ({ graph, weights }: Arranged, options: PlanOptions): E.Either<readonly Fault[], Planned> => {
  const { graph: bare, lookups } = lookedUp(graph, weights);
  const cut = pieced(bare, weights);
  return pipe(
    basePlan(cut.graph, options, cut.pieces),
    E.map((base) => ({ graph, lookups, base, weights: cut.weights })),
  );
};

/** Faults: a misshapen graph, weights that are not there. */
export const plannedFor = (source: Graph, stored: Weights, options: PlanOptions): E.Either<readonly Fault[], Planned> =>
  pipe(
    arrangedFor(source, stored),
    E.chain((arranged) => plannedOf(arranged, options)),
  );
