// What a run will take on the CPU, from the plan alone: no weight is read, no session opened.
import { memoryUsage } from "node:process";
import type { Fault, Foreseen, Graph, Sizes, Weights } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { weightBytes, weightCosts } from "../memory/budget.ts";
import { newWays, wayFor } from "../memory/way.ts";
import type { PlanOptions, Step } from "../plan/plan.ts";
import { plannedFor } from "../plan/planned.ts";
import { tileCount } from "../tiles/tiling.ts";

/** ONNX Runtime itself, its scratch, what reading a checkpoint leaves behind: measured with the demo and SmolLM2-135M. */
const SCRATCH = 50 * 2 ** 20;

/** What a session keeps, and of each node: 152 sessions of 5,150 nodes took 64 MiB, and 6 of 905 took 30, most of it SCRATCH. */
const [OF_SESSION, OF_NODE] = [64 * 2 ** 10, 8 * 2 ** 10];

/**
 * What the system's allocator keeps of values that are gone. glibc takes blocks of up to 32 MiB from a heap that it trims at its end
 * alone, and there from 64 MiB on: measured up to 190 MiB at 384 and 512 tokens, a quarter of the values with fewer.
 */
const heapBytes = (values: number): number => Math.min(192 * 2 ** 20, values / 4);

const sessionBytes = (steps: readonly Step[]): number =>
  [...new Set(steps.map(({ program }) => program))].reduce((sum, { nodes }) => sum + OF_SESSION + OF_NODE * nodes, 0);

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
    E.map(({ ways, way: { variant, weights, bytes, steps } }) => ({
      weights,
      allWeights: weightBytes(ways.costs),
      activations: bytes - weights,
      peak: bytes,
      beside:
        options.beside === undefined ? 0 : options.beside + Math.ceil(sessionBytes(steps) + heapBytes(bytes - weights)),
      tiles: variant === undefined ? 1 : tileCount(variant.tiling),
    })),
  );
