// WebGPU in Node, by way of Dawn.

import type { Faulty } from "@depass/graph";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type DeviceOptions, openDevice } from "./device.ts";
import { type BackendOptions, backendOn, type WebGpuBackend } from "./prepared.ts";

export type { WebGpuBackend } from "./prepared.ts";

export type WebGpuOptions = DeviceOptions & BackendOptions;

/** Opens the best adapter there is, or the one named. Faults: no adapter, or none of that name. */
export const webgpu = (options: WebGpuOptions = {}): Faulty<WebGpuBackend> =>
  pipe(openDevice(options), TE.map(backendOn(options)));
