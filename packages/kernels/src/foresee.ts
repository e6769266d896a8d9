// What a run of a graph will take on a device, from the plan alone: nothing is compiled, read or allocated.
import type { Fault, Foreseen, Graph, Sizes, Weights } from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { usedBytes } from "./buffer.ts";
import type { Device } from "./device.ts";
import { arrangedFor, largestBuffer, type PrepareOptions, planFor, showSizes, tooBig } from "./device-plan.ts";
import { bytesOf, type Fit, fitRun, tilesOf, weightBytes, weightTypes } from "./memory-plan.ts";
import type { Plan, PlanBuffer } from "./plan.ts";
import { leastWeights, stagesOf } from "./stages.ts";

/** The most bytes of weights that are there at once. */
const weightPeak = (plan: Plan, { streams, room }: Fit): number => {
  if (!streams) return weightBytes(plan);
  const sizeOf = (numbers: readonly number[]): number =>
    numbers.reduce((sum, b) => sum + bytesOf(plan.buffers[b] as PlanBuffer, {}), 0);
  let [held, most] = [0, 0];
  for (const { evict, load } of stagesOf(plan, [], room)) {
    held += sizeOf(load) - sizeOf(evict);
    most = Math.max(most, held);
  }
  return most;
};

const tileCount = ({ steps }: Plan, sizes: Sizes, { layout }: Fit): number =>
  Math.max(
    1,
    ...steps.flatMap((s) => (s.region === undefined ? [] : [tilesOf(s.region, sizes, layout.tileRows).length])),
  );

const foreseen = (device: Device, plan: Plan, sizes: Sizes): E.Either<readonly Fault[], Foreseen> => {
  const free = device.budgetBytes - usedBytes(device);
  const fit = fitRun(plan, sizes, { bytes: free, buffer: largestBuffer(device) }, leastWeights(plan));
  if (!fit.fits) return E.left([tooBig(device, `a run with ${showSizes(sizes)}`, fit.bytes, free)]);
  const allWeights = weightBytes(plan);
  const activations = fit.bytes - (fit.streams ? leastWeights(plan) : allWeights);
  const weights = weightPeak(plan, fit);
  return E.right({
    weights,
    allWeights,
    byType: weightTypes(plan),
    activations,
    peak: weights + activations,
    beside: 0,
    tiles: tileCount(plan, sizes, fit),
  });
};

/** Faults: a misshapen graph, a run that does not fit. */
export const foresee = (
  device: Device,
  graph: Graph,
  weights: Weights,
  sizes: Sizes,
  options: PrepareOptions = {},
): E.Either<readonly Fault[], Foreseen> =>
  pipe(
    arrangedFor(graph, weights),
    E.chain((arranged) => planFor(device, arranged, options)),
    E.chain((plan) => foreseen(device, plan, sizes)),
  );
