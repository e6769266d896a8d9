// What a run will take on the CPU, from the plan alone: no weight is read, no session opened.
import type { Fault, Foreseen, Graph, Sizes, Weights } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { weightBytes, weightCosts } from "../memory/budget.ts";
import { newWays, wayFor } from "../memory/way.ts";
import { arrangedFor } from "../plan/arranged.ts";
import { pieced } from "../plan/pieces.ts";
import { basePlan, type PlanOptions } from "../plan/plan.ts";
import { tileCount } from "../tiles/tiling.ts";
import { lookedUp } from "../weights/lookup.ts";

/**
 * Node, ONNX Runtime and its scratch, what reading a checkpoint leaves behind: measured beside SmolLM2-135M, from 16 to 128
 * tokens, between 200 and 300 MiB.
 */
const PROCESS = 250 * 2 ** 20;

/** Faults: a misshapen graph, weights that are not there, a run that does not fit. */
export const foresee = (
  source: Graph,
  stored: Weights,
  sizes: Sizes,
  options: PlanOptions & { readonly budgetBytes: number },
): E.Either<readonly Fault[], Foreseen> =>
  pipe(
    arrangedFor(source, stored),
    E.map(({ graph, weights }) => pieced(lookedUp(graph, weights).graph, weights)),
    E.bind("base", ({ graph, pieces }) => basePlan(graph, options, pieces)),
    E.map(({ base, weights }) => newWays(base, weightCosts(base, weights))),
    E.bindTo("ways"),
    E.bind("way", ({ ways }) =>
      wayFor(ways, sizes, { exact: false, kept: false, free: options.budgetBytes, budget: options.budgetBytes }),
    ),
    E.map(({ ways, way: { variant, weights, bytes } }) => ({
      weights,
      allWeights: weightBytes(ways.costs),
      activations: bytes - weights,
      peak: bytes,
      beside: PROCESS,
      tiles: variant === undefined ? 1 : tileCount(variant.tiling),
    })),
  );
