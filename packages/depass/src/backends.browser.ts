// Which backend runs in a browser: WebGPU, or plain JavaScript where it is asked for by name. Nothing slower is taken unasked.
import { type Faulty, fault, reference } from "@depass/graph";
import { webgpu } from "@depass/kernels";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { BackendOptions, OpenBackend } from "./backends.ts";

export type { BackendName, BackendOptions, OpenBackend } from "./backends.ts";

export const backendNames = ["auto", "webgpu", "reference"] as const;

/** Faults: no WebGPU, no adapter, no device; `cpu`, which is ONNX Runtime in Node. */
export const openBackend = ({ backend = "auto", memory }: BackendOptions = {}): Faulty<OpenBackend> => {
  if (backend === "reference") return TE.right({ backend: reference, why: "asked for by name" });
  if (backend === "cpu")
    return TE.left([fault("usage", "backend", backendNames.join(", "), backend, "ONNX Runtime is for Node only")]);
  return pipe(
    webgpu(memory === undefined ? {} : { memory }),
    TE.map((opened): OpenBackend => ({ backend: opened, why: opened.gpu.why })),
  );
};
