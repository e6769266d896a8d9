// What other packages see of this one where there is no Node: all but Dawn and the list of its adapters.

import type { Faulty } from "@depass/graph";
import { type GpuOptions, webgpuOf } from "./navigator.ts";
import type { WebGpuBackend } from "./prepared.ts";

export type { PrepareOptions } from "./device-plan.ts";
export * from "./kernel.ts";
export * from "./limits.ts";
export * from "./lower.ts";
export * from "./memory-plan.ts";
export * from "./navigator.ts";
export * from "./opened.ts";
export * from "./plan.ts";
export * from "./prepared.ts";
export * from "./profile.ts";
export * from "./run.ts";
export * from "./show-plan.ts";

/** The browser's own adapter. Faults: those of webgpuOf. */
export const webgpu = (options: GpuOptions = {}): Faulty<WebGpuBackend> =>
  webgpuOf((globalThis as { readonly navigator?: { readonly gpu?: GPU } }).navigator?.gpu, options);
