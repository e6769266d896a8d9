// A graph with its weights as they are read here: moved ones laid out anew, but none joined. Experts stay apart: each is fed by
// itself, and only where it is chosen.
import { type Arranged, arrange, checkWeights, type Fault, type Graph, type Weights } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";

/** Faults: weights that are not there or have other shapes, a misshapen graph. */
export const arrangedFor = (graph: Graph, weights: Weights): E.Either<readonly Fault[], Arranged> => {
  const faults = checkWeights(graph, weights);
  return faults.length > 0 ? E.left(faults) : arrange(graph, weights, { joins: false });
};
