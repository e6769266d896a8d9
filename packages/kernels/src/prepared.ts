// A device as a Backend of the graph language: graphs are prepared on it.

import type { Backend } from "@depass/graph";
import { foresee } from "./foresee.ts";
import type { Lowerings } from "./lower.ts";
import type { Device } from "./opened.ts";
import { prepareOn } from "./run.ts";

export type WebGpuBackend = Backend & { readonly name: "webgpu"; readonly gpu: Device };

export type BackendOptions = {
  /** Kernels of one's own, before the built-in ones. */
  readonly lowerings?: Lowerings;
};

export const backendOn =
  ({ lowerings }: BackendOptions) =>
  (gpu: Device): WebGpuBackend => {
    const own = lowerings ? { lowerings } : {};
    return {
      name: "webgpu",
      device: gpu.name,
      gpu,
      prepare: (graph, weights, run = {}) => prepareOn(gpu, graph, weights, { ...run, ...own }),
      foresee: (graph, weights, sizes) => foresee(gpu, graph, weights, sizes, own),
      close: () => gpu.close(),
    };
  };
