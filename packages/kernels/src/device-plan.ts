// A graph's plan on a device, made before anything is allocated: weights arranged, steps lowered for the device. And the words
// for what it has no room for.
import {
  type Arranged,
  arrange,
  checkWeights,
  type Fault,
  fault,
  type Graph,
  type RunOptions,
  type Sizes,
  type Weights,
} from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import type { Device } from "./device.ts";
import { storedTypes } from "./held.ts";
import type { Lowerings } from "./lower.ts";
import { type Plan, plan as planGraph } from "./plan.ts";
import { showBytes } from "./show-plan.ts";

type Result<A> = E.Either<readonly Fault[], A>;

export type PrepareOptions = RunOptions & { readonly lowerings?: Lowerings };

/** Faults: weights that are not there or have other shapes, a misshapen graph. */
export const arrangedFor = (graph: Graph, weights: Weights): Result<Arranged> => {
  const faults = checkWeights(graph, weights);
  return faults.length > 0 ? E.left(faults) : arrange(graph, weights);
};

export const planFor = (device: Device, { graph, weights }: Arranged, { lowerings }: PrepareOptions): Result<Plan> => {
  return planGraph(graph, { target: device, dtypeOf: storedTypes(weights), ...(lowerings ? { lowerings } : {}) });
};

/** Bytes that one buffer may have. */
export const largestBuffer = ({ limits }: Device): number =>
  Math.min(limits.maxBufferSize ?? 0, limits.maxStorageBufferBindingSize ?? 0);

export const tooBig = (device: Device, what: string, bytes: number, free: number): Fault =>
  fault(
    "out-of-memory",
    what,
    `at most ${showBytes(free)} (what is left of the budget of ${showBytes(device.budgetBytes)} on ${device.name})`,
    showBytes(bytes),
    "raise --memory, shorten the prompt or choose another backend",
  );

export const showSizes = (sizes: Sizes): string =>
  Object.entries(sizes)
    .map(([symbol, value]) => `${symbol} = ${value}`)
    .join(", ");
