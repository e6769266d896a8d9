// What is to be explained, as an expression that every method can take: the prediction's scores along directions. A row of
// the unembedding asks for a logit, a difference of rows why this answer and not another.
import { type Expr, input, linear, reshape } from "@depass/graph";
import type { Architecture } from "@depass/models";
import { pipe } from "fp-ts/lib/function.js";
import { atPosition } from "./explanation.ts";

/**
 * `[Q]`: the normed state at one position times each of Q directions, before any softcap or scale of the logits.
 * Inputs `tokens` `[T]` and `position` `[1]`, i32, and `directions` `[Q, D]`.
 *
 *     decompose({ scores: scoresAlong(model.architecture) }, { seed, rule })    // scores.parts [M, Q]
 *     vjp({ scores: scoresAlong(model.architecture) }, { of: ["scores"], wrt }) // by cotangent.scores [Q]
 */
export const scoresAlong = ({ normed, hidden }: Pick<Architecture, "normed" | "hidden">): Expr =>
  pipe(atPosition(normed), linear(input("directions", ["Q", hidden])), reshape(2, ["Q"]));
