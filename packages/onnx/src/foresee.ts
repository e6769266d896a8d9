// What a run will take on the CPU, from the plan alone: no weight is read, no session opened.
import { type Fault, type Foreseen, type Graph, type Sizes, valueOf, type Weights } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { arrangedFor } from "./arranged.ts";
import { showSizes, tooBig, weightBytes } from "./budget.ts";
import { runBytes } from "./memory.ts";
import { type Base, basePlan, type PlanOptions, stepsFor } from "./plan.ts";
import { tileCount, tileSizes } from "./tiles/tiling.ts";
import { variantFor } from "./variant.ts";

/**
 * Node, ONNX Runtime and its scratch, what reading a checkpoint leaves behind: measured beside SmolLM2-135M, from 16 to 128
 * tokens, between 200 and 300 MiB.
 */
const PROCESS = 250 * 2 ** 20;

const activationsOf = (
  base: Base,
  sizes: Sizes,
): E.Either<readonly Fault[], readonly [bytes: number, tiles: number]> => {
  const variant = base.layout && variantFor(base.layout, valueOf(base.layout.tokens, sizes), false);
  const kept = new Set(Object.values(base.outputs));
  const bound = variant === undefined ? sizes : tileSizes(variant.tiling, sizes);
  return pipe(
    stepsFor(base, variant, new Map()),
    E.map((steps) => [runBytes(steps, kept, bound), variant === undefined ? 1 : tileCount(variant.tiling)] as const),
  );
};

/** Faults: a misshapen graph, weights that are not there, weights or a run that do not fit. */
export const foresee = (
  source: Graph,
  stored: Weights,
  sizes: Sizes,
  options: PlanOptions & { readonly budgetBytes: number },
): E.Either<readonly Fault[], Foreseen> =>
  pipe(
    arrangedFor(source, stored),
    E.bind("base", ({ graph }) => basePlan(graph, options)),
    E.bind("bytes", ({ graph, base }) => weightBytes(graph, base, options.budgetBytes)),
    E.bind("run", ({ base }) => activationsOf(base, sizes)),
    E.chain(({ bytes: weights, run: [activations, tiles] }) => {
      const free = options.budgetBytes - weights;
      return activations > free
        ? E.left([tooBig(`a run with ${showSizes(sizes)}`, activations, free, options.budgetBytes)])
        : E.right({ weights, allWeights: weights, activations, peak: weights + activations, beside: PROCESS, tiles });
    }),
  );
