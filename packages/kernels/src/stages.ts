// Which weights lie on the device during which steps, where there is no room for all of them. A stage is a run of steps
// before which some weights leave and others come; the steps of a region repeat tile by tile, so they stay together. Pure.
import { bytesOf } from "./memory-plan.ts";
import type { Plan, PlanBuffer } from "./plan.ts";

/** Steps `[from, to)` that need the same weights at once. */
type Unit = { readonly from: number; readonly to: number; readonly weights: readonly number[] };

export type Stage = {
  readonly from: number;
  readonly to: number;
  /** Numbers of buffers: those that leave before its steps, and those that come then. */
  readonly evict: readonly number[];
  readonly load: readonly number[];
};

/** Regions and single steps in order, then the outputs, of which some may be weights. */
const unitsOf = ({ steps, buffers, outputs }: Plan): readonly Unit[] => {
  const weightsIn = (numbers: readonly number[]): readonly number[] => [
    ...new Set(numbers.filter((b) => buffers[b]?.kind === "weight")),
  ];
  const units: Unit[] = [];
  for (let from = 0; from < steps.length; ) {
    const region = steps[from]?.region;
    let to = from + 1;
    while (region !== undefined && steps[to]?.region === region) to++;
    units.push({ from, to, weights: weightsIn(steps.slice(from, to).flatMap((s) => s.reads)) });
    from = to;
  }
  const end = { from: steps.length, to: steps.length };
  return [...units, { ...end, weights: weightsIn(Object.values(outputs).map((o) => o.buffer)) }];
};

const sizeOf = (plan: Plan, weights: Iterable<number>): number =>
  [...weights].reduce((sum, b) => sum + bytesOf(plan.buffers[b] as PlanBuffer, {}), 0);

/** Bytes of the weights that some steps need at once: fewer will not do. */
export const leastWeights = (plan: Plan): number => Math.max(...unitsOf(plan).map((u) => sizeOf(plan, u.weights)));

/**
 * The stages of a run that begins with the weights `held`, and never has more than `room` bytes of them: at least
 * leastWeights(). What is needed last leaves first.
 */
export const stagesOf = (plan: Plan, held: Iterable<number>, room: number): readonly Stage[] => {
  const units = unitsOf(plan);
  const there = new Set(held);
  const nextUse = (weight: number, at: number): number => {
    const next = units.findIndex((u, i) => i >= at && u.weights.includes(weight));
    return next < 0 ? Number.POSITIVE_INFINITY : next;
  };
  const stages: { from: number; to: number; evict: number[]; load: readonly number[] }[] = [];
  for (const [i, { from, to, weights }] of units.entries()) {
    const load = weights.filter((w) => !there.has(w));
    const last = stages.at(-1);
    if (last !== undefined && load.length === 0) {
      last.to = to;
      continue;
    }
    const evict: number[] = [];
    const leaving = [...there].filter((w) => !weights.includes(w)).sort((a, b) => nextUse(a, i) - nextUse(b, i));
    while (leaving.length > 0 && sizeOf(plan, there) + sizeOf(plan, load) > room) {
      const farthest = leaving.pop() as number;
      evict.push(farthest);
      there.delete(farthest);
    }
    for (const w of load) there.add(w);
    stages.push({ from, to, evict, load });
  }
  return stages;
};
