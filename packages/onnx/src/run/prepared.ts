// A graph made ready on ONNX Runtime: checked, planned, its weights read where they will stay; models and sessions are made by
// the first run that needs them.
import {
  check,
  type Faulty,
  type Graph,
  type IndexBound,
  indexBounds,
  leavesOf,
  newShelf,
  type PrepareOptions,
  type Residents,
  type Runner,
  type RunOptions,
  type Shelf,
  type SizeBound,
  sizeBounds,
  type Tensor,
  type Tensors,
  type Values,
  type Weights,
} from "@depass/graph";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { weightBytes, weightCosts } from "../memory/budget.ts";
import type { Costs } from "../memory/memory.ts";
import { newWays, usuallyKept } from "../memory/way.ts";
import type { Base, PlanOptions } from "../plan/plan.ts";
import { type Planned, plannedFor } from "../plan/planned.ts";
import { notAborted } from "../runtime/aborted.ts";
import { freeNow } from "../runtime/free.ts";
import type { Runtime } from "../runtime/session.ts";
import { giveBack, newArrays } from "../weights/pool.ts";
import { type Expected, type Ledger, newStore } from "../weights/store.ts";
import { originOf } from "../weights/weights.ts";
import { type Again, freeFor, type Ready, runOnce } from "./run.ts";

export type CpuOptions = PlanOptions & {
  /** Bytes that weights and runs may take together. */
  readonly budgetBytes: number;
};

/** What all runners of a backend share. */
export type Shared = {
  readonly runtime: Runtime;
  /** What stays between runs. */
  readonly shelf: Shelf<Tensor>;
  readonly ledger: Ledger;
};

/** Arrays that stay: a copy of one is read, since another run may write into it once it was disposed of. */
export const newShared = (runtime: Runtime): Shared => ({
  runtime,
  shelf: newShelf((t) => TE.right({ ...t, data: t.data.slice() })),
  ledger: { kept: 0 },
});

const nothing = (): Again => ({ fixed: new Map(), arenas: [] });

const inputsOf = (graph: Graph): Graph =>
  Object.fromEntries(leavesOf(graph).flatMap((l, i) => (l.op === "input" ? [[`${i}`, l] as const] : [])));

const readyOn = (
  { runtime, ledger }: Shared,
  { graph, base, weights, lookups }: Planned,
  bounds: readonly SizeBound[],
  indexes: readonly IndexBound[],
  budget: number,
): Ready => {
  const costs = weightCosts(base, weights);
  return {
    runtime,
    inputs: inputsOf(graph),
    ways: newWays(base, costs),
    lookups,
    weights,
    store: newStore(originOf(runtime, weights, base.derived), ledger, besideEachOther(base, costs)),
    bounds,
    indexes,
    budget,
    gates: new Map(),
    sessions: { plain: new Map(), pooled: new Map() },
    arrays: newArrays(),
    last: { way: undefined, again: nothing() },
    life: { isOpen: true },
  };
};

/** Weights that are copied lie beside each other where they stay; but pieces may go while the others do not. */
const besideEachOther =
  ({ pieces }: Base, costs: Costs): Expected =>
  (name) => {
    const { stored, elements } = costs.get(name) ?? { stored: 0, elements: 0 };
    return stored > 0 && !pieces.has(name) ? elements : 0;
  };

/** Reads the weights that runs will keep, where there is room for all. */
const readAhead = (ready: Ready, { sizes = {}, ...options }: PrepareOptions): Faulty<unknown> => {
  const { ways, store } = ready;
  return weightBytes(ways.costs) <= freeFor(ready)
    ? store.keep(usuallyKept(ways.base, sizes), options)
    : TE.right(undefined);
};

const runnerOf = (ready: Ready, { shelf }: Shared): Runner => {
  const run = (inputs: Values, own: RunOptions = {}): Faulty<Tensors> =>
    shelf.lend(inputs, (tensors, lent) => runOnce(ready, { ...tensors, ...lent }, own));
  return {
    run,
    runResident: (inputs, own) => TE.map((outputs: Tensors) => keptOutputs(ready, shelf, outputs))(run(inputs, own)),
    dispose: () => disposeOf(ready),
  };
};

/** Faults: a misshapen graph, weights that are not there or cannot be read, an abort. */
export const prepareOn = (
  shared: Shared,
  source: Graph,
  stored: Weights,
  options: CpuOptions,
  prepareOptions: PrepareOptions = {},
): Faulty<Runner> =>
  pipe(
    notAborted("prepare", prepareOptions.signal),
    TE.chainEitherK(() => plannedFor(source, stored, options)),
    TE.bindTo("planned"),
    TE.bind("shapes", ({ planned }) => TE.fromEither(check(planned.graph))),
    TE.map(({ planned, shapes }) => {
      const { graph } = planned;
      return readyOn(shared, planned, sizeBounds(graph, shapes), indexBounds(graph, shapes), options.budgetBytes);
    }),
    TE.chainFirst((ready) => readAhead(ready, prepareOptions)),
    TE.map((ready) => runnerOf(ready, shared)),
  );

const disposeOf = (ready: Ready): void => {
  if (!ready.life.isOpen) return;
  ready.life.isOpen = false;
  const { plain, pooled } = ready.sessions;
  for (const opening of [...plain.values(), ...pooled.values()])
    void opening.then((made) => {
      if (E.isRight(made)) made.right.dispose();
    });
  plain.clear();
  pooled.clear();
  ready.ways.steps.clear();
  ready.ways.models.clear();
  ready.arrays.keepOnly([]);
  freeNow(ready.last.again.arenas);
  ready.last.again = nothing();
  ready.store.dispose();
};

/** The outputs as residents, each in an array of its own, which the runner uses again when it was disposed of. */
const keptOutputs = ({ arrays }: Ready, shelf: Shelf<Tensor>, outputs: Tensors): Residents => {
  const taken = new Set<Tensor["data"]>();
  return Object.fromEntries(
    Object.entries(outputs).map(([name, t]) => {
      const own = taken.has(t.data) ? { ...t, data: t.data.slice() } : t;
      taken.add(own.data);
      return [name, shelf.put(own, own, () => giveBack(arrays, own.data))];
    }),
  );
};
