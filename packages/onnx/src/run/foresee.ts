// What a run will take on the CPU, from the plan alone: no weight is read, no session opened.
import { memoryUsage } from "node:process";
import type { Fault, Foreseen, Graph, Sizes, Weights } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { weightBytes, weightCosts } from "../memory/budget.ts";
import { newWays, wayFor } from "../memory/way.ts";
import type { PlanOptions } from "../plan/plan.ts";
import { plannedFor } from "../plan/planned.ts";
import { tileCount } from "../tiles/tiling.ts";

/** ONNX Runtime's sessions and their scratch, what reading a checkpoint leaves behind: measured with the demo and SmolLM2-135M. */
const SCRATCH = 50 * 2 ** 20;

/** What the process will take beside weights and values: what it takes now without the weights that it keeps, and some more. */
export const processBytes = (kept: number): number => Math.max(0, memoryUsage.rss() - kept) + SCRATCH;

type Limits = {
  readonly budgetBytes: number;
  /** Bytes of the process itself. */
  readonly beside?: number;
};

/** Faults: a misshapen graph, weights that are not there, a run that does not fit. */
export const foresee = (
  source: Graph,
  stored: Weights,
  sizes: Sizes,
  options: PlanOptions & Limits,
): E.Either<readonly Fault[], Foreseen> =>
  pipe(
    plannedFor(source, stored, options),
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
      beside: options.beside ?? 0,
      tiles: variant === undefined ? 1 : tileCount(variant.tiling),
    })),
  );
