// ONNX Runtime on the CPU as a Backend of the graph language.
import { cpus } from "node:os";
import { availableMemory } from "node:process";
import type { Backend, Faulty } from "@depass/graph";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { PlanOptions } from "./plan/plan.ts";
import { foresee, processBytes } from "./run/foresee.ts";
import { newShared, prepareOn } from "./run/prepared.ts";
import { loadRuntime } from "./runtime/session.ts";

export type CpuBackendOptions = PlanOptions & {
  /** Bytes that weights and runs may take together; default: most of what is free. */
  readonly memory?: number;
};

/** Left to the process itself and to others. */
const share = 0.8;

/** What is free is without what is kept already, which the limit is to cover. */
const budget = ({ memory }: CpuBackendOptions, kept: number): number =>
  memory ?? Math.floor(availableMemory() * share) + kept;

const deviceName = (): string => {
  const all = cpus();
  const model = all[0]?.model.trim() || process.arch;
  return `${model}, ${all.length} ${all.length === 1 ? "core" : "cores"} (ONNX Runtime)`;
};

/** Faults: ONNX Runtime has no binary for this platform. */
export const cpu = (options: CpuBackendOptions = {}): Faulty<Backend> =>
  pipe(
    loadRuntime,
    TE.map((runtime): Backend => {
      const shared = newShared(runtime);
      return {
        name: "cpu",
        device: deviceName(),
        prepare: (graph, weights, prepare = {}) =>
          prepareOn(shared, graph, weights, { ...options, budgetBytes: budget(options, shared.ledger.kept) }, prepare),
        foresee: (graph, weights, sizes) =>
          foresee(graph, weights, sizes, {
            ...options,
            budgetBytes: budget(options, 0),
            beside: processBytes(shared.ledger.kept),
          }),
        close: () => undefined,
      };
    }),
  );
