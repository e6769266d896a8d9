// A step of training on a backend: the state stays there, from step to step, and only what a step tells (its loss, the
// norm) comes to the host.
import { pipe } from "fp-ts/lib/function.js";
import * as T from "fp-ts/lib/Task.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { Runner, RunOptions } from "../backend.ts";
import type { Faulty } from "../error.ts";
import { disposeAll, type Residents, readAll, type Values } from "../resident.ts";
import type { Tensors } from "../sizes.ts";
import { nextState, toldOf } from "./step.ts";

export type Advance = {
  /** What the next step reads: parameters, moments, `step`. */
  readonly state: Residents;
  /** Everything else that the step gives: `loss`, `norm` and what the loss's graph gives besides. */
  readonly told: Tensors;
};

/**
 * Runs a prepared trainingStep() on a state and a batch. The state that went in is disposed of, as far as it was resident;
 * where there are faults it is left as it was.
 *
 *     let state: Values = initialState(parameters, optimizer);
 *     for (const batch of batches) {
 *       const { state: next, told } = orThrow(await advance(runner, state, batch)());
 *       state = next;
 *     }
 *     const trained = orThrow(await readAll(state)());
 */
export const advance = (runner: Runner, state: Values, batch: Values, options?: RunOptions): Faulty<Advance> =>
  pipe(
    runner.runResident({ ...state, ...batch }, options),
    TE.chain((outputs) => {
      const [next, rest] = [nextState(outputs), toldOf(outputs)];
      return pipe(
        readAll(rest),
        T.map((read) => {
          disposeAll(rest);
          disposeAll(read._tag === "Left" ? next : state);
          return read;
        }),
        TE.map((told): Advance => ({ state: next, told })),
      );
    }),
  );
