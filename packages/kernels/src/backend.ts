// WebGPU as a Backend of the graph language: a device, and graphs prepared on it.

import type { Backend, Faulty } from "@depass/graph";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type Device, type DeviceOptions, openDevice } from "./device.ts";
import { foresee } from "./foresee.ts";
import type { Lowerings } from "./lower.ts";
import { prepareOn } from "./run.ts";

export type WebGpuBackend = Backend & { readonly name: "webgpu"; readonly gpu: Device };

export type WebGpuOptions = DeviceOptions & {
  /** Kernels of one's own, before the built-in ones. */
  readonly lowerings?: Lowerings;
};

/** Opens the best adapter there is, or the one named. Faults: no adapter, or none of that name. */
export const webgpu = (options: WebGpuOptions = {}): Faulty<WebGpuBackend> =>
  pipe(
    openDevice(options),
    TE.map(
      (gpu): WebGpuBackend => ({
        name: "webgpu",
        device: gpu.name,
        gpu,
        prepare: (graph, weights, run = {}) =>
          prepareOn(gpu, graph, weights, options.lowerings ? { ...run, lowerings: options.lowerings } : run),
        foresee: (graph, weights, sizes) =>
          foresee(gpu, graph, weights, sizes, options.lowerings ? { lowerings: options.lowerings } : {}),
        close: () => gpu.close(),
      }),
    ),
  );
