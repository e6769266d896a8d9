// Which backend runs: the one that was named, or the best there is. Always with a word on why.
import { type Backend, type Faulty, reference } from "@depass/graph";
import { type DeviceOptions, webgpu } from "@depass/kernels";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";

export const backendNames = ["auto", "webgpu", "reference"] as const;
export type BackendName = (typeof backendNames)[number];

export type BackendOptions = DeviceOptions & { readonly backend?: BackendName };

export type OpenBackend = { readonly backend: Backend; readonly why: string };

/** Faults: no adapter, none of that name, no device. */
export const openBackend = ({ backend = "auto", ...options }: BackendOptions = {}): Faulty<OpenBackend> =>
  backend === "reference"
    ? TE.right({ backend: reference, why: "asked for by name" })
    : pipe(
        webgpu(options),
        TE.map((opened): OpenBackend => ({ backend: opened, why: opened.gpu.why })),
      );
