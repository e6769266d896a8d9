// WebGPU as a page or a worker has it: `navigator.gpu`, which gives one adapter and tells little of it.

import { type Fault, type Faulty, fault } from "@depass/graph";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { kindOf, request } from "./limits.ts";
import { type Device, deviceOn } from "./opened.ts";
import { type BackendOptions, backendOn, type WebGpuBackend } from "./prepared.ts";

export type GpuOptions = BackendOptions & {
  /** Bytes that buffers may take together. Default: 2 GiB, for a browser says neither what there is nor what is free. */
  readonly memory?: number;
};

const DEFAULT_BUDGET = 2 * 2 ** 30;

const ADVICE =
  "take Chrome or Edge from 113 on, Safari from 26 on, or Firefox from 141 on, and a page served over https or from localhost; " +
  "`chrome://gpu` says what keeps Chrome from it";

const none = (expected: string, got: string): readonly Fault[] => [
  fault("no-adapter", "WebGPU", expected, got, ADVICE),
];

const nameOf = ({ info }: GPUAdapter): string =>
  info.description || `${info.vendor} ${info.architecture}`.trim() || "an adapter without a name";

const openOn = (gpu: GPU, { memory = DEFAULT_BUDGET }: GpuOptions): Faulty<Device> =>
  pipe(
    TE.tryCatch(
      () => gpu.requestAdapter(request),
      (e) => none("an adapter", String(e)),
    ),
    TE.flatMap((adapter) =>
      adapter === null
        ? TE.left(none("an adapter", "none"))
        : deviceOn(adapter, {
            name: nameOf(adapter),
            kind: kindOf(adapter),
            why: "it is the browser's own choice",
            toggles: "safe",
            budgetBytes: memory,
          }),
    ),
  );

/** A backend on a `navigator.gpu`. Faults: there is none, it gives no adapter, or no device. */
export const webgpuOf = (gpu: GPU | undefined, options: GpuOptions = {}): Faulty<WebGpuBackend> =>
  gpu === undefined
    ? TE.left(none("a browser with WebGPU", "one without"))
    : pipe(openOn(gpu, options), TE.map(backendOn(options)));
