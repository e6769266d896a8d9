// Which backend runs: the one that was named, or the best there is. Always with a word on why.
import { type Backend, type Faulty, reference } from "@depass/graph";
import { type DeviceOptions, webgpu } from "@depass/kernels";
import { cpu } from "@depass/onnx";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";

export const backendNames = ["auto", "webgpu", "cpu", "reference"] as const;
export type BackendName = (typeof backendNames)[number];

export type BackendOptions = DeviceOptions & { readonly backend?: BackendName };

export type OpenBackend = { readonly backend: Backend; readonly why: string };

const named = "asked for by name";

const onGpu = (options: DeviceOptions): Faulty<OpenBackend> =>
  pipe(
    webgpu(options),
    TE.map((opened): OpenBackend => ({ backend: opened, why: opened.gpu.why })),
  );

const onCpu = ({ memory }: DeviceOptions, why: string): Faulty<OpenBackend> =>
  pipe(
    cpu(memory === undefined ? {} : { memory }),
    TE.map((backend): OpenBackend => ({ backend, why })),
  );

/** Software WebGPU is the last resort: ONNX Runtime computes on the same cores, twenty times as fast. */
const best =
  (options: DeviceOptions): Faulty<OpenBackend> =>
  async () => {
    const gpu = await webgpu(options)();
    // An adapter that was asked for by name is meant, whatever it is.
    if (E.isRight(gpu) && (gpu.right.gpu.kind === "hardware" || options.adapter !== undefined))
      return E.right({ backend: gpu.right, why: gpu.right.gpu.why });
    if (E.isLeft(gpu) && options.adapter !== undefined) return gpu;
    const reason = E.isRight(gpu) ? gpu.right.gpu.why : gpu.left.map((f) => f.got).join("; ");
    const runtime = await onCpu(options, reason)();
    if (E.isLeft(runtime)) {
      const word = runtime.left.map((f) => `${f.expected}: ${f.got}`).join("; ");
      return E.isLeft(gpu)
        ? E.left([...gpu.left, ...runtime.left])
        : E.right({ backend: gpu.right, why: `${reason}; no ${word}` });
    }
    if (E.isRight(gpu)) await gpu.right.close();
    return runtime;
  };

/** Faults: no adapter, none of that name, no device, no ONNX Runtime for this platform. */
export const openBackend = ({ backend = "auto", ...options }: BackendOptions = {}): Faulty<OpenBackend> => {
  if (backend === "reference") return TE.right({ backend: reference, why: named });
  if (backend === "cpu") return onCpu(options, named);
  return backend === "webgpu" ? onGpu(options) : best(options);
};
